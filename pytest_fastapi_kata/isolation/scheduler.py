"""Runs katas in worker processes: the expected checks, the deadlines and the verdicts are kept here."""

from __future__ import annotations

import math
import os
import queue
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pytest_fastapi_kata.explanation import Explanation, Kind
from pytest_fastapi_kata.isolation.processes import Mode, Processes, Report, open_processes
from pytest_fastapi_kata.isolation.stacks import stuck_frames
from pytest_fastapi_kata.jobs import Job
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.results import CheckResult, Outcome

KILL_GRACE = 2.0
"""Seconds after a check's own limit at which its process is killed; the watchdog has written by then."""
START_SECONDS = 60.0
"""Seconds that a job has until its first check starts."""
KATA_FACTOR = 4
"""A kata as a whole may take this many times the limit of a single check."""

NOBODY = -1
"""The number of no job."""


def cores() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@dataclass(eq=False)
class KataRun:
    """One kata on its way through the workers.

    ``checks`` are the names asked for, in their order. ``results`` grows as
    checks finish; ``routes`` are the templates of the routes that answered.
    """

    kata: Kata
    folder: Path
    checks: tuple[str, ...]
    seed: int
    results: dict[str, CheckResult] = field(default_factory=dict)
    routes: set[str] = field(default_factory=set)
    seconds: float = 0.0
    finished: bool = False
    job: Job | None = None
    current: str | None = None
    importing: bool = False
    timed_out: bool = False
    internal: str = ""
    heard: bool = False
    alone: bool = False
    began: float = 0.0
    check_deadline: float = 0.0
    kata_deadline: float = 0.0

    @property
    def pending(self) -> tuple[str, ...]:
        """The checks without a result."""
        return tuple(name for name in self.checks if name not in self.results)

    def ordered_results(self) -> tuple[CheckResult, ...]:
        """Return the results in the order of the kata's checks."""
        return tuple(self.results[name] for name in self.kata.check_names if name in self.results)


class Scheduler:
    """Runs katas side by side, as many as ``limit``, and starts the next ones ahead.

    Use it as a context manager; leaving it ends every process and removes
    the temporary folder.
    """

    def __init__(self, mode: Mode, limit: int | None = None) -> None:
        self._mode: Mode = mode
        self._limit = limit or cores()
        self._scratch = Path(tempfile.mkdtemp(prefix="fastapi-kata-"))
        self._processes: Processes | None = None
        self._waiting: list[KataRun] = []
        self._running: dict[int, KataRun] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def warm(self) -> None:
        """Start the processes, so that they get ready while the caller does other things."""
        if self._processes is None:
            self._processes = open_processes(self._mode, self._limit, self._scratch)

    def submit(self, kata: Kata, folder: Path, checks: Iterable[str], seed: int) -> KataRun:
        """Queue a kata's checks; they run when it is their turn and a core is free."""
        run = KataRun(kata, folder, tuple(checks), seed)
        self._waiting.append(run)
        self.warm()
        return run

    def wait(self, run: KataRun, check: str | None = None) -> KataRun:
        """Return when the run, or one check of it, has its results."""
        while not (run.finished or (check is not None and check in run.results)):
            self._start_waiting(first=run)
            self._pump()
        self._start_waiting()
        return run

    def wait_for_any(self, runs: Iterable[KataRun]) -> None:
        """Return when at least one of the runs has finished."""
        runs = list(runs)
        while runs and not any(run.finished for run in runs):
            self._start_waiting()
            self._pump()

    def step(self) -> None:
        """Start what is waiting, and handle one report or one deadline; ``wake`` ends the waiting for it."""
        self._start_waiting()
        self._pump()

    def wake(self) -> None:
        """Let a ``step`` in another thread return, now or as soon as it begins."""
        if self._processes is not None:
            self._processes.reports.put(Report(NOBODY))

    def abandon(self, run: KataRun) -> None:
        """Be content with the results that a run has: the other checks are given up, and it ends soon."""
        run.checks = tuple(name for name in run.checks if name in run.results)
        run.current = None
        if run in self._waiting:
            self._waiting.remove(run)
            run.finished = True
        for number, running in self._running.items():
            if running is run and self._processes is not None:
                self._processes.kill(number)

    def cancel(self) -> None:
        """Drop what is waiting and kill what is running."""
        self._waiting.clear()
        if self._processes is not None:
            for number in self._running:
                self._processes.kill(number)
        self._running.clear()

    def close(self) -> None:
        """Kill everything, end the processes and remove the temporary folder."""
        self.cancel()
        if self._processes is not None:
            self._processes.close()
            self._processes = None
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _start_waiting(self, first: KataRun | None = None) -> None:
        if first is not None and first in self._waiting:
            self._waiting.remove(first)
            self._waiting.insert(0, first)
        while self._waiting and len(self._running) < self._limit:
            if self._running and any(run.alone for run in (self._waiting[0], *self._running.values())):
                return
            run = self._waiting.pop(0)
            now = time.monotonic()
            run.began = now
            run.kata_deadline = now + START_SECONDS + KATA_FACTOR * run.kata.timeout
            self._launch(run)

    def _launch(self, run: KataRun) -> None:
        token = secrets.token_hex(16)
        # Learner's code sees the names here, so they tell nothing of the token.
        stacks = str(self._scratch / f"stacks-{secrets.token_hex(8)}")
        run.job = Job.of(run.kata, run.folder, run.pending, seed=run.seed, token=token, stacks=stacks)
        run.current = None
        run.importing = False
        run.timed_out = False
        run.internal = ""
        run.heard = False
        run.check_deadline = time.monotonic() + START_SECONDS
        self.warm()
        assert self._processes is not None  # noqa: S101 - warm() has just opened them
        self._running[self._processes.launch(run.job)] = run

    def _pump(self) -> None:
        """Handle one report, or a deadline that has passed."""
        assert self._processes is not None  # noqa: S101 - something was launched
        now = time.monotonic()
        nearest = min((self._deadline(run) for run in self._running.values()), default=math.inf)
        nearest = min(nearest, now + START_SECONDS)
        try:
            report = self._processes.reports.get(timeout=max(0.0, nearest - now))
        except queue.Empty:
            self._enforce_deadlines()
            return
        run = self._running.get(report.number)
        if run is None:
            return
        if report.event is not None:
            self._take(run, report.event)
        else:
            del self._running[report.number]
            self._ended(run, report)

    @staticmethod
    def _deadline(run: KataRun) -> float:
        # The end of a run that was killed is reported soon; until then it asks for no attention.
        return math.inf if run.timed_out else min(run.check_deadline, run.kata_deadline)

    def _enforce_deadlines(self) -> None:
        assert self._processes is not None  # noqa: S101 - only called while jobs run
        now = time.monotonic()
        for number, run in self._running.items():
            if now >= self._deadline(run):
                run.timed_out = True
                self._processes.kill(number)

    def _take(self, run: KataRun, event: dict[str, Any]) -> None:
        kind = event.get("event")
        run.heard = True
        if kind == "started" and event["check"] in run.pending:
            run.current = event["check"]
            run.importing = False
            run.check_deadline = time.monotonic() + run.kata.timeout + KILL_GRACE
        elif kind in ("importing", "imported"):
            run.importing = kind == "importing"
        elif kind == "finished" and event["check"] == run.current:
            self._finish_check(run, event)
        elif kind == "internal":
            run.internal = str(event.get("text", ""))

    def _finish_check(self, run: KataRun, event: dict[str, Any]) -> None:
        name = event["check"]
        explanation = Explanation.from_json(event["explanation"]) if event["explanation"] else None
        outcome: Outcome = "passed" if event["outcome"] == "passed" and explanation is None else "failed"
        if event.get("skipped"):
            explanation = _explain(run, name, "assertion", "The check was skipped, and a skipped check is not passed.")
        run.routes.update(event.get("routes", ()))
        self._put(run, name, outcome, explanation, float(event.get("seconds", 0.0)))
        run.current = None
        run.check_deadline = time.monotonic() + START_SECONDS
        if explanation is not None and explanation.kind == "timeout" and event.get("importing"):
            # It would hang again for every other check.
            self._give_up(run, explanation)
            for number, running in self._running.items():
                if running is run and self._processes is not None:
                    self._processes.kill(number)

    def _give_up(self, run: KataRun, explanation: Explanation) -> None:
        for other in run.pending:
            like = _explain(run, other, explanation.kind, explanation.message, explanation)
            self._put(run, other, "missing", like)

    @staticmethod
    def _put(run: KataRun, name: str, outcome: Outcome, explanation: Explanation | None, seconds: float = 0.0) -> None:
        run.results[name] = CheckResult(name, run.kata.check(name).title, outcome, explanation, seconds)

    def _ended(self, run: KataRun, report: Report) -> None:
        if run.job is not None:
            shutil.rmtree(run.job.temporary, ignore_errors=True)
        if report.lost and run.pending and not run.alone:
            # Which of those that ran side by side has done it, each shows when it runs alone.
            run.alone = True
            self._waiting.insert(0, run)
            return
        if run.pending:
            self._account_for(run, report.exit or 0)
        if run.pending and time.monotonic() < run.kata_deadline and not (run.timed_out and run.current is None):
            self._launch(run)
            return
        for name in run.pending:
            message = "The kata's time was used up before this check could run."
            self._put(run, name, "missing", _explain(run, name, "timeout", message))
        run.finished = True
        run.seconds = time.monotonic() - run.began

    def _account_for(self, run: KataRun, status: int) -> None:
        """Blame the check during which the process ended; if the import ended it, blame it for all checks."""
        name = run.current
        if name is None:
            if any(check in run.results for check in (run.job.checks if run.job else ())):
                return
            name = run.pending[0]
        kind, message = self._end_in_words(run, status)
        explanation = _explain(run, name, kind, message)
        self._put(run, name, "failed", explanation)
        if run.importing:
            self._give_up(run, explanation)

    def _end_in_words(self, run: KataRun, status: int) -> tuple[Kind, str]:
        if not run.heard and not run.timed_out:
            # Not a word came from the worker, so it never got as far as the learner's code.
            return "died", f"The kit's own worker ended before it began (exit code {status}); please report this."
        when = "while your code was being imported" if run.importing else "while this check ran"
        if run.internal:
            return "died", f"The kit itself failed; please report this with the kata's id.\n{run.internal}"
        if run.timed_out:
            seconds = f"{run.kata.timeout:g} s"
            where = "The import of your code" if run.importing else "Your code"
            return "timeout", f"{where} did not come to an end within {seconds}, and the process was stopped."
        if status < 0:
            return "died", f"Python crashed {when} ({_signal_name(-status)})."
        return "died", (
            f"The process ended {when} (exit code {status}): something called `os._exit()` or ended Python some "
            "other way. A check that does not come to its end is not passed."
        )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _explain(run: KataRun, name: str, kind: Kind, message: str, like: Explanation | None = None) -> Explanation:
    stacks = Path(run.job.stacks) if run.job else Path()
    frames = like.frames if like else stuck_frames(stacks, run.folder)
    return Explanation(requirement=run.kata.check(name).title, kind=kind, message=message, frames=frames, seed=run.seed)
