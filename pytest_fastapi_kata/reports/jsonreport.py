"""The results as one JSON document, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pytest_fastapi_kata.results import CheckResult, KataResult, RunInfo, Tally, total

FORMAT_VERSION = 1


def json_report(results: Sequence[KataResult], info: RunInfo) -> str:
    """Return the report as text; a check without a result is listed as ``missing``."""
    document = {
        "format_version": FORMAT_VERSION,
        "kit": info.kit,
        "fastapi": info.fastapi,
        "python": info.python,
        "seed": info.seed,
        "katas": [_kata(result) for result in results],
        "totals": _totals(results),
    }
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    # Half a character can only be written as an escape.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _kata(result: KataResult) -> dict[str, Any]:
    kata = result.kata
    return {
        "id": kata.id,
        "slug": kata.slug,
        "topic": kata.topic.folder,
        "level": kata.level,
        "title": kata.title,
        # Some checks alone, though passed, do not solve a kata.
        "status": "failing" if result.status == "partial" else result.status,
        "cached": result.cached,
        "seconds": round(result.seconds, 4),
        "note": result.note,
        "checks": _checks(result),
        "likely_cause": "\n".join(result.likely_causes) or None,
    }


def _checks(result: KataResult) -> list[dict[str, Any]]:
    if result.status in ("not_started", "unavailable"):
        return []
    known = {check.name: check for check in result.checks}
    return [
        known.get(check.name, CheckResult(check.name, check.title, "missing")).to_json() for check in result.kata.checks
    ]


def _totals(results: Sequence[KataResult]) -> dict[str, Any]:
    totals = total(results)
    return {
        "all": _tally(totals.overall),
        "topics": {
            folder: {
                **_tally(tally),
                "levels": {level: _tally(cell) for (topic, level), cell in totals.cells.items() if topic == folder},
            }
            for folder, tally in sorted(totals.by_topic.items())
        },
        "levels": {level: _tally(tally) for level, tally in totals.by_level.items()},
    }


def _tally(tally: Tally) -> dict[str, int]:
    return {"solved": tally.solved, "katas": tally.total}
