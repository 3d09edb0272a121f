"""The verdicts of the judging side, whatever a process reports or does not report."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata.explanation import Explanation, Frame
from pytest_fastapi_kata.isolation import scheduler as module
from pytest_fastapi_kata.isolation.processes import Report
from pytest_fastapi_kata.isolation.scheduler import KataRun, Scheduler, cores
from pytest_fastapi_kata.jobs import Job
from tests.unit.samples import a_kata

KATA = a_kata(checks=3, timeout=60.0)
CRASH = Explanation("It works.", "error", "No.")


def started(number: int) -> dict[str, Any]:
    """Return the event of a check that begins."""
    return {"event": "started", "check": f"test_{number}"}


def finished(number: int, outcome: str = "passed", why: Explanation | None = None, **facts: Any) -> dict[str, Any]:
    """Return the event of a check that ends."""
    explanation = why.to_json() if why else None
    return {"event": "finished", "check": f"test_{number}", "outcome": outcome, "explanation": explanation, **facts}


IMPORTING, IMPORTED = {"event": "importing"}, {"event": "imported"}


class FakeProcesses:
    """Processes that play a part: events, and then the exit code, or None for one that hangs."""

    def __init__(self) -> None:
        self.reports: queue.Queue[Report] = queue.Queue()
        self.plays: list[tuple[list[dict[str, Any]], int | None]] = []
        self.jobs: list[Job] = []
        self.killed: list[int] = []
        self.closed = False

    def launch(self, job: Job) -> int:
        self.jobs.append(job)
        number = len(self.jobs)
        events, status = self.plays.pop(0) if self.plays else (self.passing(job), 0)
        for event in events:
            self.reports.put(Report(number, event))
        if status is not None:
            self.reports.put(Report(number, exit=status))
        return number

    @staticmethod
    def passing(job: Job) -> list[dict[str, Any]]:
        numbers = [int(name.removeprefix("test_")) for name in job.checks]
        return [event for number in numbers for event in (started(number), finished(number))]

    def kill(self, number: int) -> None:
        self.killed.append(number)
        self.reports.put(Report(number, exit=-9))

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> FakeProcesses:
    """What the scheduler believes to be processes."""
    fake = FakeProcesses()
    monkeypatch.setattr(module, "open_processes", lambda mode, ahead, scratch: fake)
    return fake


@pytest.fixture
def scheduler(processes: FakeProcesses) -> Iterator[Scheduler]:
    """A scheduler of one core."""
    with Scheduler("fork", 1) as one:
        yield one


Submit = Callable[..., KataRun]


@pytest.fixture
def submit(scheduler: Scheduler, processes: FakeProcesses, tmp_path: Path) -> Submit:
    """``submit([events], exit_code, …)`` queues the kata, whose processes play these parts in turn."""

    def put(*plays: Any, kata: Any = KATA, checks: Any = None, seed: int = 7) -> KataRun:
        processes.plays += zip(plays[::2], plays[1::2], strict=True)
        return scheduler.submit(kata, tmp_path, checks or kata.check_names, seed)

    return put


def outcomes(run: KataRun) -> list[str]:
    """Return outcome and kind of each check, in the kata's order."""
    return [f"{c.outcome} {c.explanation.kind if c.explanation else ''}".strip() for c in run.ordered_results()]


def message(run: KataRun, number: int) -> str:
    """Return what is said about a check."""
    explanation = run.results[f"test_{number}"].explanation
    assert explanation is not None
    assert (f"Requirement {number}", 7) == (explanation.requirement, explanation.seed)
    return explanation.message


def test_a_kata_that_passes(scheduler: Scheduler, submit: Submit, processes: FakeProcesses) -> None:
    """Results carry titles and times, and stand in the kata's order; routes are gathered."""
    run = submit(
        [started(3), finished(3, seconds=0.5, routes=["/a"]), started(1), finished(1, routes=["/b"]),
         started(2), finished(2), {"event": "done", "status": 0}],
        0,
        checks=["test_3", "test_1", "test_2"],
    )  # fmt: skip
    assert run is scheduler.wait(run)
    assert (True, ()) == (run.finished, run.pending)
    assert ["passed"] * 3 == outcomes(run)
    assert ["test_1", "test_2", "test_3"] == [check.name for check in run.ordered_results()]
    assert ("Requirement 3", 0.5, {"/a", "/b"}) == (
        run.results["test_3"].title, run.results["test_3"].seconds, run.routes,
    )  # fmt: skip
    assert 1 == len(processes.jobs)


def test_a_job_says_all_that_a_worker_has_to_know(
    scheduler: Scheduler, submit: Submit, processes: FakeProcesses, tmp_path: Path
) -> None:
    """It has a token and a file for stacks of its own."""
    kata = a_kata(path=tmp_path / "pack", timeout=1.5, entry="main.py", app="asgi")
    scheduler.wait(submit(kata=kata))
    scheduler.wait(submit(kata=kata))
    first, second = processes.jobs
    assert ("q011", str(tmp_path.resolve()), "main.py", "asgi", 1.5, 7, ("test_1", "test_2")) == (
        first.kata_id, first.folder, first.entry, first.app, first.timeout, first.seed, first.checks,
    )  # fmt: skip
    assert (str(kata.acceptance), str(kata.stub), str(kata.solution)) == (
        first.acceptance, first.pristine, first.solution,
    )  # fmt: skip
    assert 32 == len(first.token)
    assert first.token != second.token
    assert first.stacks != second.stacks


def test_a_check_that_fails(scheduler: Scheduler, submit: Submit) -> None:
    """Its explanation is the worker's."""
    run = scheduler.wait(
        submit([started(1), finished(1, "failed", CRASH), started(2), finished(2)], 0, checks=["test_1", "test_2"])
    )
    assert ["failed error", "passed"] == outcomes(run)
    assert CRASH == run.results["test_1"].explanation


@pytest.mark.parametrize(
    "event",
    [finished(1, "passed", CRASH), finished(1, "xfailed"), finished(1, ""), finished(1, "failed"),
     finished(1, "passed", skipped=True), finished(1, "failed", skipped=True)],
)  # fmt: skip
def test_nothing_but_passed_is_passed(scheduler: Scheduler, submit: Submit, event: dict[str, Any]) -> None:
    """Neither a skip nor any other word."""
    run = scheduler.wait(submit([started(1), event], 0, checks=["test_1"]))
    assert run.results["test_1"].outcome == "failed" or run.results["test_1"].explanation is not None
    assert "passed" not in outcomes(run)


def test_a_skipped_check_says_so(scheduler: Scheduler, submit: Submit) -> None:
    """It is not passed."""
    run = scheduler.wait(submit([started(1), finished(1, "failed", skipped=True)], 0, checks=["test_1"]))
    assert "The check was skipped, and a skipped check is not passed." == message(run, 1)


def test_events_out_of_turn_are_nothing(scheduler: Scheduler, submit: Submit) -> None:
    """A result without a start, of another check, or once more; a check that the kata does not have."""
    run = submit(
        [
            finished(1), started(9), finished(9), started(1), finished(2), finished(1), finished(1, "failed"),
            started(1), finished(1, "failed"), {"event": "odd"}, {}, started(2), finished(2),
        ],
        0,
        checks=["test_1", "test_2"],
    )  # fmt: skip
    assert ["passed", "passed"] == outcomes(scheduler.wait(run))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (0, "The process ended while this check ran (exit code 0): something called `os._exit()`"),
        (3, "The process ended while this check ran (exit code 3): something called `os._exit()`"),
        (-11, "Python crashed while this check ran (SIGSEGV)."),
        (-250, "Python crashed while this check ran (signal 250)."),
    ],
)
def test_a_process_that_ends_during_a_check(
    scheduler: Scheduler, submit: Submit, processes: FakeProcesses, status: int, words: str
) -> None:
    """That check is blamed; those behind it run in another process, those before it count."""
    run = scheduler.wait(submit([started(1), finished(1), IMPORTING, IMPORTED, started(2)], status))
    assert ["passed", "failed died", "passed"] == outcomes(run)
    assert message(run, 2).startswith(words)
    assert ("test_3",) == processes.jobs[1].checks


def test_a_process_that_ends_between_two_checks(scheduler: Scheduler, submit: Submit, processes: FakeProcesses) -> None:
    """Nobody is blamed, and the others run in another one."""
    run = scheduler.wait(submit([started(1), finished(1)], -9))
    assert ["passed"] * 3 == outcomes(run)
    assert ("test_2", "test_3") == processes.jobs[1].checks


def test_a_process_that_ends_before_any_check(scheduler: Scheduler, submit: Submit) -> None:
    """The first one is blamed, so that there is an end."""
    run = scheduler.wait(submit([], 0, [], 0, [], 0))
    assert ["failed died"] * 3 == outcomes(run)


def test_a_process_that_ends_at_import(scheduler: Scheduler, submit: Submit, processes: FakeProcesses) -> None:
    """It would do so for every other check, so they are not tried."""
    run = scheduler.wait(submit([started(1), finished(1), started(2), IMPORTING], -6))
    assert ["passed", "failed died", "missing died"] == outcomes(run)
    assert "Python crashed while your code was being imported (SIGABRT)." == message(run, 2) == message(run, 3)
    assert 1 == len(processes.jobs)


def test_an_import_that_came_to_its_end_is_not_blamed(scheduler: Scheduler, submit: Submit) -> None:
    """Nor is that of the check before."""
    run = scheduler.wait(
        submit([started(1), IMPORTING, IMPORTED], 0, [started(2), IMPORTING, finished(2), started(3)], 0)
    )
    assert ["failed died", "passed", "failed died"] == outcomes(run)
    assert all("while this check ran" in message(run, number) for number in (1, 3))


def test_a_fault_of_the_kit_is_called_one(scheduler: Scheduler, submit: Submit) -> None:
    """The learner is not sent looking for it, and it does not stick to the next process."""
    run = scheduler.wait(submit([started(1), {"event": "internal", "text": "KeyError: 'x'"}], 1, [started(2)], 1))
    assert "The kit itself failed; please report this with the kata's id.\nKeyError: 'x'" == message(run, 1)
    assert "os._exit()" in message(run, 2)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The kata with a limit that is over at once."""
    monkeypatch.setattr(module, "KILL_GRACE", 0.0)
    return replace(KATA, timeout=0.01)


def test_a_check_that_hangs(scheduler: Scheduler, submit: Submit, processes: FakeProcesses, impatient: Any) -> None:
    """Its process is killed, and the others run in another one."""
    run = scheduler.wait(submit([started(1), finished(1), started(2)], None, kata=impatient))
    assert ["passed", "failed timeout", "passed"] == outcomes(run)
    assert "Your code did not come to an end within 0.01 s, and the process was stopped." == message(run, 2)
    assert ([1], 2) == (processes.killed, len(processes.jobs))


def test_an_import_that_hangs(scheduler: Scheduler, submit: Submit, processes: FakeProcesses, impatient: Any) -> None:
    """It would hang for every other check."""
    run = scheduler.wait(submit([started(1), IMPORTING], None, kata=impatient))
    assert ["failed timeout", "missing timeout", "missing timeout"] == outcomes(run)
    assert message(run, 1).startswith("The import of your code did not come to an end within 0.01 s")
    assert 1 == len(processes.jobs)


def test_an_import_that_the_worker_itself_found_hanging(scheduler: Scheduler, submit: Submit) -> None:
    """The same, without a kill; the other checks point to the same line."""
    why = Explanation("Requirement 1", "timeout", "Too long.", frames=(Frame("app.py", 3, "", "wait()"),), seed=7)
    run = scheduler.wait(submit([started(1), finished(1, "failed", why, importing=True), started(2), finished(2)], 0))
    assert ["failed timeout", "missing timeout", "missing timeout"] == outcomes(run)
    assert replace(why, requirement="Requirement 3") == run.results["test_3"].explanation


def test_a_process_whose_import_hangs_is_of_no_more_use(
    scheduler: Scheduler, submit: Submit, processes: FakeProcesses
) -> None:
    """It is killed at once, for it would hang once more for each of its checks."""
    why = Explanation("", "timeout", "Too long.")
    scheduler.wait(submit([started(1), finished(1, "failed", why, importing=True), started(2)], None), "test_3")
    assert [1] == processes.killed


def test_a_hang_elsewhere_costs_its_check_only(scheduler: Scheduler, submit: Submit) -> None:
    """The next ones go on in the same process."""
    why = Explanation("", "timeout", "Too long.")
    run = scheduler.wait(
        submit([started(1), finished(1, "failed", why), started(2), finished(2), started(3), finished(3)], 0)
    )
    assert ["failed timeout", "passed", "passed"] == outcomes(run)


def test_a_worker_that_never_begins(
    scheduler: Scheduler, submit: Submit, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not tried again for each check."""
    monkeypatch.setattr(module, "START_SECONDS", 0.01)
    run = scheduler.wait(submit([], None))
    assert ["failed timeout", "missing timeout", "missing timeout"] == outcomes(run)
    assert "The kata's time was used up before this check could run." == message(run, 3)
    assert [1] == processes.killed


def test_a_kata_that_takes_too_long_as_a_whole(
    scheduler: Scheduler, submit: Submit, processes: FakeProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check that runs is blamed, and no other one is begun."""
    monkeypatch.setattr(module, "START_SECONDS", 0.01)
    monkeypatch.setattr(module, "KATA_FACTOR", 0)
    run = scheduler.wait(submit([started(1)], None))
    assert ["failed timeout", "missing timeout", "missing timeout"] == outcomes(run)
    assert "The kata's time was used up before this check could run." == message(run, 2)
    assert ([1], 1) == (processes.killed, len(processes.jobs))


def test_the_line_where_a_process_was_stuck(
    scheduler: Scheduler, submit: Submit, processes: FakeProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes from the watchdog's dump of that job."""
    (tmp_path / "app.py").write_text("wait()\n", "utf-8")

    def launch(job: Job) -> int:
        Path(job.stacks).write_text(f'Thread 0x1:\n  File "{tmp_path.resolve()}/app.py", line 1 in f\n', "utf-8")
        return FakeProcesses.launch(processes, job)

    monkeypatch.setattr(processes, "launch", launch)
    run = scheduler.wait(submit([started(1)], 0, checks=["test_1"]))
    explanation = run.results["test_1"].explanation
    assert explanation is not None
    assert (Frame("app.py", 1, "f", "wait()"),) == explanation.frames


def test_no_more_at_once_than_there_are_cores(scheduler: Scheduler, submit: Submit, processes: FakeProcesses) -> None:
    """The others wait in their order; the next one is begun before anybody asks for it."""
    runs = [submit(seed=seed) for seed in range(4)]
    scheduler.wait(runs[0])
    assert [0, 1] == [job.seed for job in processes.jobs]
    scheduler.wait(runs[3])
    assert [0, 1, 3, 2] == [job.seed for job in processes.jobs]
    scheduler.wait(runs[2])
    assert [True, True, True, True] == [run.finished for run in runs]


def test_two_at_once(processes: FakeProcesses, tmp_path: Path) -> None:
    """Their reports do not get mixed up."""
    processes.plays = [([started(1)], None), ([started(1), finished(1)], 0)]
    with Scheduler("fork", 2) as scheduler:
        slow, quick = (scheduler.submit(KATA, tmp_path, ["test_1"], seed) for seed in (1, 2))
        scheduler.wait_for_any([slow, quick])
        assert (False, True) == (slow.finished, quick.finished)
        assert ("test_1", {}) == (slow.current, slow.results)
        scheduler.wait_for_any([])
        scheduler.wait_for_any([slow, quick])
    assert [1] == processes.killed


def test_those_that_were_lost_together_run_again_one_by_one(processes: FakeProcesses, tmp_path: Path) -> None:
    """The process behind both has gone: only the one with which it goes again, alone, is to blame."""
    processes.plays = [([started(1)], None), ([started(1)], None), ([started(1)], None)]
    with Scheduler("fork", 2) as scheduler:
        guilty, innocent = (scheduler.submit(KATA, tmp_path, ["test_1"], seed) for seed in (1, 2))
        scheduler.step()
        for number in (2, 1):
            processes.reports.put(Report(number, exit=-9, lost=True))
        while len(processes.jobs) < 3:
            scheduler.step()
        processes.reports.put(Report(3, exit=-9, lost=True))
        scheduler.wait(innocent)
        scheduler.wait(guilty)
    assert [1, 2, 1, 2] == [job.seed for job in processes.jobs]
    assert (["failed died"], ["passed"]) == (outcomes(guilty), outcomes(innocent))


def test_a_job_has_a_folder_that_goes_with_it(
    scheduler: Scheduler, submit: Submit, processes: FakeProcesses, tmp_path: Path
) -> None:
    """It is the job's own, and its name says nothing of the token."""
    run = submit([started(1)], None, checks=["test_1"])
    scheduler.step()
    job = processes.jobs[0]
    folder = Path(job.temporary)
    folder.mkdir()
    (folder / "left").write_text("x")
    processes.reports.put(Report(1, exit=1))
    scheduler.wait(run)
    assert not folder.exists()
    assert folder.parent != tmp_path
    assert job.token not in job.temporary


def test_two_runs_of_the_same_are_two_runs(scheduler: Scheduler, submit: Submit) -> None:
    """Whichever is asked for first."""
    first, second = submit(), submit()
    scheduler.wait(second)
    assert first.job is not None
    assert second.job is not None
    assert first.job.token != second.job.token


def test_one_check_can_be_waited_for(scheduler: Scheduler, submit: Submit) -> None:
    """The others may still run."""
    run = scheduler.wait(submit([started(1), finished(1), started(2)], None), "test_1")
    assert (["passed"], "test_1") == (outcomes(run), next(iter(run.results)))
    assert not run.finished


def test_a_run_that_is_abandoned(scheduler: Scheduler, submit: Submit, processes: FakeProcesses) -> None:
    """It ends with the results that it has: nobody is blamed, and nothing is started again."""
    run = scheduler.wait(submit([started(1), finished(1, "failed", CRASH), started(2)], None), "test_1")
    scheduler.abandon(run)
    processes.reports.put(Report(1, finished(2)))
    scheduler.wait(run)
    assert (["failed error"], True, [1], 1) == (outcomes(run), run.finished, processes.killed, len(processes.jobs))


def test_a_run_that_is_abandoned_before_its_turn(
    scheduler: Scheduler, submit: Submit, processes: FakeProcesses
) -> None:
    """It is never started, and the next one takes its place."""
    running, waiting, next_one = submit([started(1)], None), submit(seed=2), submit(seed=3)
    scheduler.step()
    scheduler.abandon(waiting)
    scheduler.abandon(running)
    scheduler.wait(next_one)
    assert ([], True) == (outcomes(waiting), waiting.finished)
    assert [7, 3] == [job.seed for job in processes.jobs]


def test_cancel(scheduler: Scheduler, submit: Submit, processes: FakeProcesses) -> None:
    """What runs is killed, what waits is dropped, and late reports are nobody's."""
    running, waiting = submit([started(1), finished(1), started(2)], None), submit(seed=2)
    scheduler.wait(running, "test_1")
    scheduler.cancel()
    assert [1] == processes.killed
    other = scheduler.wait(submit(seed=3))
    assert [7, 3] == [job.seed for job in processes.jobs]
    assert (True, False, False) == (other.finished, running.finished, waiting.finished)


def test_close(processes: FakeProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes and the temporary folder go; without processes, there is nothing to end."""
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    Scheduler("fork").close()
    with Scheduler("spawn", 1) as scheduler:
        scheduler.warm()
        scheduler.warm()
        run = scheduler.submit(KATA, tmp_path, KATA.check_names, 1)
        processes.plays = [([started(1), finished(1)], None)]
        scheduler.wait(run, "test_1")
        assert 1 == len(list(tmp_path.iterdir()))
    assert ([1], True, []) == (processes.killed, processes.closed, list(tmp_path.iterdir()))


def test_processes_are_opened_once_and_as_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mode and number reach them."""
    opened: list[tuple[str, int]] = []
    monkeypatch.setattr(
        module, "open_processes", lambda mode, ahead, scratch: opened.append((mode, ahead)) or FakeProcesses()
    )
    with Scheduler("spawn", 3) as scheduler:
        scheduler.warm()
        scheduler.warm()
    assert [("spawn", 3)] == opened


def test_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that this process may use, where the system tells; at least one."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert 3 == cores()
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    assert 4 == cores()
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert 1 == cores()
