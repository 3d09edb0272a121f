"""Runs of the watched kata in real workers, one after the other."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from pytest_fastapi_kata.exceptions import WorkerError
from pytest_fastapi_kata.isolation.processes import Mode
from pytest_fastapi_kata.isolation.scheduler import Scheduler
from pytest_fastapi_kata.progress import Record, ResultCache
from pytest_fastapi_kata.watch.events import Event, Judged, Ticked, Troubled
from pytest_fastapi_kata.watch.judge import Judge
from tests.unit.conftest import Desk

TIMEOUT = 120

Told = queue.SimpleQueue[Event]


@pytest.fixture(params=["fork", "spawn"])
def judge(desk: Desk, request: pytest.FixtureRequest) -> Iterator[tuple[Judge, Told]]:
    """A judge, and what it tells."""
    told: Told = queue.SimpleQueue()
    with Judge(desk.workspace, cast("Mode", request.param), told.put, seed=4711) as one:
        yield one, told


def until_judged(told: Told) -> tuple[list[Ticked], Judged]:
    """Return the checks that ticked, and the verdict."""
    ticked: list[Ticked] = []
    while not isinstance(event := told.get(timeout=TIMEOUT), Judged):
        assert isinstance(event, Ticked)
        ticked.append(event)
    return ticked, event


def test_runs_one_after_the_other(desk: Desk, judge: tuple[Judge, Told]) -> None:
    """Each sees the file as it is now; what came out is recorded as a run of pytest would."""
    court, told = judge
    kata = desk.kata("q901")
    desk.entry("q901").write_text("app = 1", "utf-8")
    number = court.request(kata)
    ticked, verdict = until_judged(told)
    assert [(number, name) for name in kata.check_names] == [(one.run, one.check.name) for one in ticked]
    assert ("broken", 4711) == (verdict.result.status, verdict.result.checks[0].explanation.seed)  # type: ignore[union-attr]
    desk.entry("q901").write_bytes((kata.solution / "app.py").read_bytes())
    court.request(kata)
    assert "solved" == until_judged(told)[1].result.status
    entry = Record(desk.workspace).entry(kata)
    assert (2, True) == (entry["attempts"], "solved_at" in entry)
    assert "solved" == ResultCache(desk.workspace).get(kata).status  # type: ignore[union-attr]


def test_a_new_order_ends_the_run_before_it(desk: Desk, judge: tuple[Judge, Told], tmp_path: Path) -> None:
    """The first hangs, and is not waited for; nothing of it is told or recorded."""
    court, told = judge
    kata, begun = desk.kata("q901"), tmp_path / "begun"
    desk.entry("q901").write_text(f"import os, time\nos.mkdir({str(begun)!r})\ntime.sleep(600)\n", "utf-8")
    court.request(kata)
    wait_until(begun.exists)
    desk.entry("q901").write_bytes((kata.solution / "app.py").read_bytes())
    number = court.request(kata)
    ticked, verdict = until_judged(told)
    assert ({number}, "solved") == ({one.run for one in ticked}, verdict.result.status)
    assert 1 == Record(desk.workspace).entry(kata)["attempts"]


def test_a_run_is_dropped(desk: Desk, judge: tuple[Judge, Told], tmp_path: Path) -> None:
    """The learner went elsewhere; the next order is as good as any."""
    court, told = judge
    begun = tmp_path / "begun"
    desk.entry("q901").write_text(f"import os, time\nos.mkdir({str(begun)!r})\ntime.sleep(600)\n", "utf-8")
    court.request(desk.kata("q901"))
    wait_until(begun.exists)
    court.drop()
    number = court.request(desk.kata("q902"))
    assert ("q902", number) == ((verdict := until_judged(told)[1]).result.kata.id, verdict.run)


def test_files_that_change_during_the_run(desk: Desk, judge: tuple[Judge, Told]) -> None:
    """The verdict is told, and not kept as that of the new state."""
    court, told = judge
    file = desk.entry("q901")
    file.write_text(f"open({str(file)!r}, 'a').write('#')\n", "utf-8")
    court.request(desk.kata("q901"))
    assert "broken" == until_judged(told)[1].result.status
    assert ResultCache(desk.workspace).get(desk.kata("q901")) is None


def test_a_worker_that_does_not_start(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and the next order is another try."""
    refused: list[str] = []

    def refuse(*_: object) -> None:
        refused.append("once")
        if len(refused) == 1:
            msg = "the kit's worker process did not start"
            raise WorkerError(msg)
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(Scheduler, "submit", refuse)
    told: Told = queue.SimpleQueue()
    with Judge(desk.workspace, "spawn", told.put) as court:
        for text in (
            "the kit's worker process did not start",
            "The kata could not be run: [Errno 12] Cannot allocate memory.",
        ):
            assert Troubled(court.request(desk.kata("q901")), text) == told.get(timeout=TIMEOUT)


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for something that another process does."""
    import threading

    end = threading.Event()
    for _ in range(TIMEOUT * 50):
        if condition():
            return
        end.wait(0.02)
    pytest.fail("It did not happen.")
