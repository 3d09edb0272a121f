"""What the tests of the watch share: a session whose runs are ended by the test."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.results import CheckResult, KataResult
from pytest_fastapi_kata.verdict import conclude
from pytest_fastapi_kata.watch.events import Judged, Key, Saved, Ticked
from pytest_fastapi_kata.watch.session import Actions, Session
from tests.unit.conftest import Desk
from tests.unit.samples import answered

WRITTEN = "app = 1\n"


@dataclass
class FakeRuns:
    """Takes orders and runs nothing."""

    asked: list[str] = field(default_factory=list)
    dropped: int = 0

    def request(self, kata: Kata) -> int:
        self.asked.append(kata.id)
        return len(self.asked)

    def drop(self) -> None:
        self.dropped += 1


@dataclass
class Stage:
    """A session on the tiny workspace, and what it asked others to do."""

    desk: Desk
    runs: FakeRuns
    session: Session
    opened: list[str]

    def write(self, name: str, text: str = WRITTEN) -> None:
        """Write a kata's file as an editor does, and tell the session."""
        file = self.desk.entry(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        self.session.handle(Saved(frozenset([file])))

    def press(self, *names: str) -> bool:
        """Press keys; return whether the watch goes on."""
        return [self.session.handle(Key(name)) for name in names][-1]

    def judge(self, *outcomes: str, run: int | None = None) -> KataResult:
        """End the run that is going on with these outcomes of the checks."""
        session = self.session
        number = session.run if run is None else run
        checks = [a_check(session.kata, place, outcome) for place, outcome in enumerate(outcomes)]
        for check in checks:
            session.handle(Ticked(number, check))
        result = conclude(session.kata, checks)
        session.handle(Judged(number, result, (), "12:34:56"))
        return result


def a_check(kata: Kata, place: int, outcome: str) -> CheckResult:
    """Return the result of one of a kata's checks."""
    from pytest_fastapi_kata.explanation import Explanation

    check = kata.checks[place]
    why = None
    if outcome != "passed":
        why = Explanation(f"It does {check.title}.", "assertion", "It does not.", exchanges=(answered(404),))
    return CheckResult(check.name, check.title, outcome, why)  # type: ignore[arg-type]


@pytest.fixture
def stage(desk: Desk) -> Stage:
    """A session on q901, which is not started."""
    runs, opened = FakeRuns(), []
    actions = Actions(lambda kata: opened.append(kata.id) or "", lambda kata: f"{kata.id} is as it was.")
    session = Session(desk.workspace, desk.catalogue, runs, actions, desk.kata("q901"))
    session.begin()
    return Stage(desk, runs, session, opened)
