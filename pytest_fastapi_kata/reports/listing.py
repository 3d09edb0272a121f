"""A list of katas, one line each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_fastapi_kata.reports.lines import Line, Style, harmless, line
from pytest_fastapi_kata.results import KataResult

_MARKS: dict[str, tuple[str, Style]] = {
    "solved": ("✓", "good"),
    "not_started": ("·", "dim"),
    "unavailable": ("–", "warn"),
}


def listing_lines(results: Sequence[KataResult]) -> Iterator[Line]:
    """Yield a line for each kata under the title of its topic, and a count at the end."""
    topic = ""
    for result in results:
        kata = result.kata
        if kata.topic.folder != topic:
            topic = kata.topic.folder
            yield line((f"{topic[:2]} {kata.topic.title}", "strong"))
        mark = _MARKS.get(result.status, ("✗", "bad"))
        note = (f"  ({harmless(result.note)})", "dim") if result.note and result.status == "solved" else ""
        yield line("  ", mark, f" {kata.id}  ", (f"{kata.level:<13}", "dim"), harmless(kata.title), note)  # type: ignore[arg-type]
    solved = sum(result.status == "solved" for result in results)
    yield line((f"{solved} of {len(results)} solved" if results else "No kata fits.", "dim"))
