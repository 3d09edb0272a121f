"""The results as one page for a browser, and as a badge; both are whole in themselves and load nothing."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import groupby
from textwrap import dedent
from typing import TYPE_CHECKING

from pytest_fastapi_kata.kata import LEVELS
from pytest_fastapi_kata.reports.explained import why_lines
from pytest_fastapi_kata.reports.lines import harmless_lines, plain
from pytest_fastapi_kata.reports.overview import next_kata
from pytest_fastapi_kata.results import CheckResult, KataResult, RunInfo, Tally, total

if TYPE_CHECKING:
    from jinja2 import Environment

_WIDTH = 88
_LETTER = 6.6
_PADDING = 12
_STATES = {
    "solved": ("✓", "good", "solved"),
    "not_started": ("·", "dim", "not started"),
    "unavailable": ("–", "warn", "not available here"),
    "broken": ("✗", "bad", "cannot be run"),
    "timeout": ("✗", "bad", "ran out of time"),
}


def html_page(results: Sequence[KataResult], info: RunInfo) -> str:
    """Return an HTML page: the map of topics by levels, each kata's state, and what failed first in each."""
    totals = total(results)
    return (
        _templates()
        .get_template("page.html.jinja")
        .render(
            results=results,
            info=info,
            totals=totals,
            levels=[level for level in LEVELS if level in totals.by_level],
            topics=[(topic, list(group)) for topic, group in groupby(results, key=lambda one: one.kata.topic)],
            following=next_kata(results),
        )
    )


def svg_badge(results: Sequence[KataResult]) -> str:
    """Return an SVG badge that says how many katas are solved."""
    tally = total(results).overall
    label, value = "FastAPI katas", f"{tally.solved} of {tally.total}"
    left, right = (round(len(text) * _LETTER) + _PADDING for text in (label, value))
    return (
        _templates()
        .get_template("badge.svg.jinja")
        .render(label=label, value=value, left=left, right=right, colour=_colour(tally))
    )


@cache
def _templates() -> Environment:
    # Few runs write a page, and the others need not wait for this import.
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("pytest_fastapi_kata.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_writable,
    )

    def cell(tally: Tally | None) -> Markup:
        if tally is None:
            return Markup('<td class="dim">·</td>')
        style = "full" if tally.solved == tally.total else ""
        return Markup('<td class="{}">{}/{}</td>').format(style, tally.solved, tally.total)

    environment.globals.update(cell=cell, percent=_percent, state=_state, explained=_explained)
    return environment


def _writable(value: object) -> object:
    """Keep from the file what cannot be written to one, and from the reader what a browser would obey."""
    return "\n".join(harmless_lines(value)) if type(value) is str else value


def _percent(tally: Tally) -> int:
    return 100 * tally.solved // tally.total if tally.total else 0


def _state(result: KataResult) -> tuple[str, str, str]:
    known = _STATES.get(result.status)
    if known is not None:
        return known
    if not result.checks:
        return "✗", "bad", "started, not run this time"
    return "✗", "bad", f"{len(result.checks) - len(result.failed)} of {len(result.kata.checks)} checks pass"


def _explained(result: KataResult, check: CheckResult) -> str:
    return dedent(plain(list(why_lines(result, check, _WIDTH))))


def _colour(tally: Tally) -> str:
    if not tally.solved:
        return "#6b757b"
    return "#0b7a52" if tally.solved == tally.total else "#1565a8"
