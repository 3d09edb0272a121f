"""A solution of the kit's, beside what the learner wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.reports.lines import Line, harmless_lines, line
from pytest_fastapi_kata.reports.sidebyside import comparison_lines
from pytest_fastapi_kata.texts import files_in


def solution_lines(kata: Kata, folder: Path, own: Path | None, width: int) -> Iterator[Line]:
    """Yield the files of a solution or variant, and the names of the kata's other variants.

    ``own`` is the learner's folder if theirs are to be compared with it.
    """
    for name, text in files_in(folder):
        yield line((f"── {name}", "dim"))
        yours = _yours(own, name)
        if yours is None:
            yield from (line(one) for one in harmless_lines(text))
        else:
            yield from comparison_lines(yours, text, width)
        yield line()
    others = ", ".join(path.name for path in kata.variants() if path != folder)
    if others:
        command = f"  (fastapi-kata solution {kata.id} --variant NAME)"
        yield line(("Other correct styles: ", "dim"), others, (command, "code"))


def _yours(own: Path | None, name: str) -> str | None:
    if own is None:
        return None
    try:
        return (own / name).read_text("utf-8", "replace")
    except OSError:
        return None
