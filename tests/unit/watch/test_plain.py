"""The watch without a terminal."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field

import pytest

from pytest_fastapi_kata.reports.lines import Line, plain
from pytest_fastapi_kata.watch.events import Saved, Ticked, Troubled
from pytest_fastapi_kata.watch.plain import PlainLines
from tests.unit.watch.conftest import Stage, a_check


@dataclass
class Told:
    """What was written for a stage."""

    stage: Stage
    display: PlainLines
    lines: list[Line] = field(default_factory=list)

    def news(self) -> str:
        """Return what is new."""
        self.lines.clear()
        self.display.update(self.stage.session)
        return plain(self.lines)


@pytest.fixture
def told(stage: Stage) -> Told:
    """Lines for the stage."""
    lines: list[Line] = []
    return Told(stage, PlainLines(lines.extend, 60), lines)


def test_from_the_beginning_to_the_end(told: Told) -> None:
    """A line for each thing that happens, and none twice."""
    stage = told.stage
    assert (
        "q901 · A greeting\nwatching katas/90_tiny/q901_greeting/app.py\n"
        "Not started yet: save the file, and it is checked." == told.news()
    )
    assert "" == told.news()
    stage.write("q901")
    assert "\nchecking …" == told.news()
    stage.session.handle(Ticked(1, a_check(stage.session.kata, 0, "failed")))
    stage.session.handle(Ticked(1, a_check(stage.session.kata, 1, "passed")))
    assert "  ✗ A guest is greeted by name\n  ✓ There is no greeting for nobody" == told.news()
    stage.judge("failed", "passed", "failed")
    news = told.news()
    assert news.startswith("\n  It does A guest is greeted by name.\n")
    assert "Not passed either:\n  ✗ The docs know the greeting" in news
    stage.write("q901", "app = 2\n")
    told.news()
    stage.judge("passed", "passed", "passed")
    assert "q901 is solved. Next: fastapi-kata watch q902" == told.news()
    assert "" == told.news()


def test_everything_is_solved(told: Told) -> None:
    """There is no next kata."""
    stage = told.stage
    for name, checks in (("q901", 3), ("q902", 2)):
        stage.desk.entry(name).write_text("app = 1", "utf-8")
        stage.session.go_to(stage.desk.kata(name))
        stage.judge(*["passed"] * checks)
    assert told.news().endswith("q902 is solved. All katas are solved.")


def test_what_else_may_happen(told: Told) -> None:
    """Another kata, a folder that has gone, trouble."""
    stage = told.stage
    told.news()
    stage.write("q902")
    assert "You saved q902, and q901 is watched." == told.news()
    stage.session.handle(Troubled(0, "The system cannot report changes."))
    stage.session.other = None
    assert "The system cannot report changes." == told.news()
    folder = stage.desk.entry("q901").parent
    shutil.rmtree(folder)
    stage.session.handle(Saved(frozenset([folder])))
    assert "The folder katas/90_tiny/q901_greeting is gone. Waiting for it to come back." == told.news()


def test_a_kata_that_lacks_something(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is told."""
    told.news()
    monkeypatch.setattr("pytest_fastapi_kata.standing.why_unavailable", lambda kata: "q901 needs x: pip install x")
    told.stage.write("q901")
    assert "q901 needs x: pip install x" == told.news()


def test_there_is_nothing_to_put_away(told: Told) -> None:
    """Entering, leaving and suspending change nothing."""
    with told.display as display, display.suspended():
        pass
    assert [] == told.lines
