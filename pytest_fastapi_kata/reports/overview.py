"""The map of progress by topics and levels, what is in the making, and the next step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pytest_fastapi_kata.kata import LEVELS
from pytest_fastapi_kata.reports.lines import Line, Segment, Style, flowing, harmless, line, wrapped
from pytest_fastapi_kata.results import KataResult, Tally, Totals, total

_BAR = 10
_LEVEL_WIDTH = 14
_TITLE_MOST = 36
_TITLE_LEAST = 11
_STATUS: dict[str, tuple[str, Style]] = {
    "failing": ("✗", "bad"),
    "broken": ("✗", "bad"),
    "timeout": ("✗", "bad"),
    "unavailable": ("–", "warn"),
    "partial": ("·", "warn"),
}


def overview_lines(results: Sequence[KataResult], width: int) -> Iterator[Line]:
    """Yield the table, the started katas, and the next step."""
    yield from table_lines(results, width)
    yield from _started(results, width)
    yield from next_step(results, width)


def table_lines(results: Sequence[KataResult], width: int) -> Iterator[Line]:
    """Yield one row for each topic: solved and all katas by level, and a bar where there is room.

    Where there is no room for the levels' columns, the levels get rows.
    """
    totals = total(results)
    every = [level for level in LEVELS if level in totals.by_level]
    levels = every if width >= _TITLE_LEAST + 5 + _LEVEL_WIDTH * len(every) + 10 else []
    titles = {result.kata.topic.folder: result.kata.topic.title for result in results}
    room = max(5, min(_TITLE_MOST, width - 5 - (_LEVEL_WIDTH * len(levels)) - 10))
    has_bar = width >= room + 5 + _LEVEL_WIDTH * len(levels) + 10 + _BAR + 2
    head = "".join(f"{level:>{_LEVEL_WIDTH}}" for level in levels)
    yield line((f"  {'topic':<{room + 3}}{head}{'solved':>10}", "dim"))
    for folder in sorted(totals.by_topic):
        cells = [_cell(totals.cells.get((folder, level))) for level in levels]
        label = f"{folder[:2]} {_shortened(titles[folder], room)}"
        yield line(f"  {label:<{room + 3}}", *cells, *_sum(totals.by_topic[folder], has_bar=has_bar))
    for level in () if levels else every:
        label = _shortened(level, room + 3)
        yield line(f"  {label:<{room + 3}}", *_sum(totals.by_level[level], has_bar=has_bar))
    yield line(
        (f"  {'all':<{room + 3}}", "strong"), *_total_cells(totals, levels), *_sum(totals.overall, has_bar=has_bar)
    )


def _total_cells(totals: Totals, levels: list[str]) -> Iterator[Segment]:
    return (_cell(totals.by_level[level]) for level in levels)


def _cell(tally: Tally | None) -> Segment:
    if tally is None:
        return f"{'·':>{_LEVEL_WIDTH}}", "dim"
    style: Style = "good" if tally.solved == tally.total else "plain" if tally.solved else "dim"
    return f"{f'{tally.solved}/{tally.total}':>{_LEVEL_WIDTH}}", style


def _sum(tally: Tally, *, has_bar: bool) -> Iterator[Segment]:
    yield f"{f'{tally.solved}/{tally.total}':>10}", "good" if tally.solved == tally.total else "strong"
    if has_bar:
        full = tally.solved * _BAR // tally.total if tally.total else 0
        yield "  ", "plain"
        yield "█" * full, "good"
        yield "░" * (_BAR - full), "dim"


def _shortened(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _started(results: Iterable[KataResult], width: int) -> Iterator[Line]:
    started = [result for result in results if result.status in _STATUS]
    if started:
        yield line()
    for result in started:
        mark, style = _STATUS[result.status]
        title = _shortened(f"{result.kata.id} · {result.kata.title}", max(20, width - 36))
        yield from flowing(
            line("  ", (mark, style), f" {harmless(title)}  ", (_standing(result), "dim")), width, "    "
        )
        if result.note:
            yield from wrapped(result.note, width, "    ", "warn")


def _standing(result: KataResult) -> str:
    passed = len(result.checks) - len(result.failed)
    every = len(result.kata.checks)
    words = {
        "broken": "cannot be run",
        "timeout": f"{passed} of {every} checks pass, one ran out of time",
        "unavailable": "not available",
        "partial": f"{passed} of {every} checks were run, and pass",
    }
    if result.status == "failing" and not result.checks:
        return "started, not run this time"
    return words.get(result.status, f"{passed} of {every} checks pass")


def next_kata(results: Sequence[KataResult]) -> KataResult | None:
    """Return the kata to open next: one in the making first, then the first that was not started."""
    for statuses in (("failing", "broken", "timeout", "partial"), ("not_started",)):
        for result in results:
            if result.status in statuses:
                return result
    return None


def next_step(results: Sequence[KataResult], width: int) -> Iterator[Line]:
    """Yield what to do next: which file to open, and how to come back."""
    following = next_kata(results)
    yield line()
    if following is None:
        for one in _nothing_left(results):
            yield from flowing(one, width, "  ")
        return
    kata = following.kata
    folder = f"katas/{kata.folder}"
    yield from flowing(line(("  Next: ", "strong"), (f"{kata.id} · {harmless(kata.title)}", "strong")), width, "    ")
    yield from wrapped(f"“{kata.question}”", width, "    ", "dim")
    yield line(f"    {'read':<9} ", (f"{folder}/README.md", "code"))
    yield line(f"    {'edit':<9} ", (f"{folder}/{kata.entry}", "code"))
    yield line(f"    {'then run':<9} ", ("pytest --kata-progress", "code"))


def _nothing_left(results: Sequence[KataResult]) -> Iterator[Line]:
    if not results:
        yield line("  This workspace has no katas. ", ("fastapi-kata new", "code"), " makes one that has.")
    elif all(result.status == "solved" for result in results):
        yield line(
            ("  All solved. ", "good"), "Read the model answers once more: ", ("fastapi-kata answer q011", "code")
        )
    else:
        yield line("  What is left needs something that is not installed: see above.")
