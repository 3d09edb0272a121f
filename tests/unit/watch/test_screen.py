"""A session, painted by rich."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from pytest_fastapi_kata.watch.screen import Picture
from tests.unit.watch.conftest import Stage


def painted(stage: Stage, width: int, height: int, encoding: str = "utf-8") -> str:
    """Return what a console of this size shows."""
    target = io.BytesIO()
    stream = io.TextIOWrapper(target, encoding=encoding, newline="")
    console = Console(file=stream, width=width, height=height, highlight=False, force_terminal=True, color_system=None)
    console.print(Picture(stage.session), end="", height=height)
    stream.flush()
    return target.getvalue().decode(encoding)


@pytest.mark.parametrize("size", [(100, 30), (60, 12), (40, 8), (20, 4), (10, 2), (3, 1)])
@pytest.mark.parametrize("page", ["verdict", "task", "hints", "answer", "solution", "list", "keys"])
def test_it_fits_every_size(stage: Stage, size: tuple[int, int], page: str) -> None:
    """No row is too long, and there are no more than the screen has."""
    stage.write("q901")
    stage.judge("passed", "failed", "failed")
    stage.session.show(page)  # type: ignore[arg-type]
    rows = painted(stage, *size).split("\n")
    assert len(rows) <= size[1]
    assert max(map(len, rows)) <= size[0]


def test_all_of_it(stage: Stage) -> None:
    """Head, page, and foot on the last rows."""
    rows = [row.rstrip() for row in painted(stage, 80, 24).split("\n")]
    assert 24 == len(rows)
    assert ["katas/90_tiny/q901_greeting/app.py  basic", "", "“How do you greet?”"] == rows[1:4]
    assert ["each save is checked", "h hint   t task   o open   r run   n next   l list   ? keys   q quit"] == rows[-2:]


def test_a_long_page_is_scrolled_and_stops_at_its_end(stage: Stage) -> None:
    """The place is told."""
    stage.press("t", "end")
    text = painted(stage, 50, 12)
    last = stage.session.top
    assert 0 < last < 1000
    assert "↑↓" in text
    stage.press("down")
    painted(stage, 50, 12)
    assert last == stage.session.top


def test_a_long_line_is_continued_below(stage: Stage) -> None:
    """So that a curl line can be read to its end."""
    stage.write("q901")
    stage.judge("failed", "passed", "passed")
    assert "things" in painted(stage, 30, 60)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("page", ["verdict", "task", "hints", "answer", "solution", "list", "keys"])
def test_a_console_that_can_show_little(stage: Stage, page: str, encoding: str) -> None:
    """Signs are likened, and nothing fails."""
    stage.write("q901")
    stage.judge("passed", "failed", "failed")
    stage.session.show(page)  # type: ignore[arg-type]
    assert "q901" in painted(stage, 80, 30, encoding)
