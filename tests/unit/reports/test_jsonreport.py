"""The report for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_fastapi_kata.reports.jsonreport import json_report
from pytest_fastapi_kata.results import KataResult, RunInfo, Status
from tests.unit.samples import HOSTILE, MODELS, a_kata, a_result, answered, failed, passed

INFO = RunInfo(kit="0.1.0", fastapi="0.165.0", python="3.11.7", seed=7)


def report(*results: KataResult) -> dict[str, Any]:
    """Return the report as a program reads it."""
    data: dict[str, Any] = json.loads(json_report(results, INFO))
    return data


def test_the_run() -> None:
    """Versions and seed are told, and the report ends with a line's end."""
    assert {"format_version": 1, "kit": "0.1.0", "fastapi": "0.165.0", "python": "3.11.7", "seed": 7} == {
        key: value for key, value in report().items() if key not in {"katas", "totals"}
    }
    assert json_report([], INFO).endswith("}\n")


def test_a_kata() -> None:
    """Everything that a program may want to show."""
    kata = a_kata("q011_hats", checks=3)
    checks = (passed(1, seconds=0.5), failed(2, message="No.", exchanges=(answered(500),)))
    result = a_result(kata, "failing", *checks, seconds=1.23456, note="ü", likely_causes=("One.", "Two."))
    missing = {"name": "test_3", "title": "Requirement 3", "outcome": "missing", "seconds": 0.0, "explanation": None}
    assert [
        {
            "id": "q011",
            "slug": "q011_hats",
            "topic": "02_routing",
            "level": "basic",
            "title": "Title of q011",
            "status": "failing",
            "cached": False,
            "seconds": 1.2346,
            "note": "ü",
            "checks": [checks[0].to_json(), json.loads(json.dumps(checks[1].to_json())), missing],
            "likely_cause": "One.\nTwo.",
        }
    ] == report(result)["katas"]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ("solved", "solved"), ("failing", "failing"), ("partial", "failing"), ("broken", "broken"),
        ("timeout", "timeout"), ("not_started", "not_started"), ("unavailable", "unavailable"),
    ],
)  # fmt: skip
def test_statuses(status: Status, shown: str) -> None:
    """Those of the format; a selection of checks solves nothing."""
    kata = report(a_result(a_kata(), status, cached=True))["katas"][0]
    assert (shown, True, None) == (kata["status"], kata["cached"], kata["likely_cause"])


@pytest.mark.parametrize(("status", "count"), [("not_started", 0), ("unavailable", 0), ("failing", 2), ("broken", 2)])
def test_only_a_kata_that_runs_has_checks(status: Status, count: int) -> None:
    """Of the others nothing is missing."""
    assert count == len(report(a_result(a_kata(), status))["katas"][0]["checks"])


def test_checks_stand_in_the_order_of_the_kata() -> None:
    """However they came in."""
    kata = report(a_result(a_kata(), "solved", passed(2), passed(1)))["katas"][0]
    assert ["test_1", "test_2"] == [check["name"] for check in kata["checks"]]


def test_totals() -> None:
    """Over all, by topic, by level, and by both."""
    results = [
        a_result(a_kata("q021_d", topic=MODELS), "partial"),
        a_result(a_kata("q011_a"), "solved"),
        a_result(a_kata("q012_b", level="advanced"), "failing"),
    ]
    assert {
        "all": {"solved": 1, "katas": 3},
        "topics": {
            "02_routing": {
                "solved": 1,
                "katas": 2,
                "levels": {"basic": {"solved": 1, "katas": 1}, "advanced": {"solved": 0, "katas": 1}},
            },
            "03_data_models": {"solved": 0, "katas": 1, "levels": {"basic": {"solved": 0, "katas": 1}}},
        },
        "levels": {"basic": {"solved": 1, "katas": 2}, "advanced": {"solved": 0, "katas": 1}},
    } == report(*results)["totals"]
    assert ["02_routing", "03_data_models"] == list(report(*results)["totals"]["topics"])


def test_the_totals_of_nothing() -> None:
    """They are all there."""
    assert {"all": {"solved": 0, "katas": 0}, "topics": {}, "levels": {}} == report()["totals"]


def test_a_report_can_always_be_written() -> None:
    """Umlauts stay readable; half a character, which no file can hold, does not end the run."""
    text = json_report([a_result(a_kata(), "failing", failed(1, message=f"Grüße {HOSTILE}"))], INFO)
    assert "Grüße" in text
    assert json.loads(text.encode("utf-8"))
