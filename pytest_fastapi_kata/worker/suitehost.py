"""Runs test suites in processes of their own, side by side, each with a limit of time.

Where processes can be forked, they come from a host that was itself forked
before any learner code was imported: pytest, FastAPI and the clients are warm
in it. Elsewhere every run is a new interpreter.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from pytest_fastapi_kata.exceptions import WorkerError
from pytest_fastapi_kata.suites import SuiteResult, SuiteRun
from pytest_fastapi_kata.worker.suiteprobe import run_suite, tail_of

_MOST = 4
_CHUNK = 65_536


def side_by_side() -> int:
    """Return how many runs go on at once."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, _MOST))


@dataclass(frozen=True)
class Errand:
    """A run, and the files for its report and its output."""

    run: SuiteRun
    report: Path
    output: Path

    def to_json(self) -> dict[str, Any]:
        """Return the errand as JSON values."""
        return {"run": self.run.to_json(), "report": str(self.report), "output": str(self.output)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Errand:
        """Rebuild an errand from ``to_json``."""
        return cls(SuiteRun.from_json(data["run"]), Path(data["report"]), Path(data["output"]))

    def result(self, *, hung: bool) -> SuiteResult:
        """Read what came of the run."""
        try:
            result = SuiteResult.from_report(self.report.read_text("utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            result = SuiteResult("ended")
        if hung:
            result = replace(result, state="hung")
        return replace(result, seconds=self.run.seconds, output=tail_of(self.output))


class SuiteHost:
    """Runs errands in interpreters of their own; ``fork`` gives a host that forks instead."""

    def run(self, errands: Sequence[Errand]) -> list[SuiteResult]:
        """Run all errands, as many at once as there are cores, and return their results in order."""
        late = self._work(errands)
        return [errand.result(hung=number in late) for number, errand in enumerate(errands)]

    def _work(self, errands: Sequence[Errand]) -> set[int]:
        with ThreadPoolExecutor(side_by_side()) as pool:
            return {number for number, is_late in enumerate(pool.map(_interpret, errands)) if is_late}


class ForkingHost(SuiteHost):
    """Forks a process for each errand from a warm one, which it forks when it is made."""

    def __init__(self, close: Sequence[int] = ()) -> None:
        ours, theirs = socket.socketpair()
        if os.fork() == 0:
            ours.close()
            for fd in close:
                os.close(fd)
            _serve(theirs)
        theirs.close()
        self._line = ours.makefile("rwb", buffering=0)

    def _work(self, errands: Sequence[Errand]) -> set[int]:
        self._line.write(json.dumps([errand.to_json() for errand in errands]).encode() + b"\n")
        answer = bytearray()
        while not answer.endswith(b"\n"):
            part = self._line.read(_CHUNK)
            if not part:
                msg = "the process that runs test suites has ended"
                raise WorkerError(msg, "Run the check again.")
            answer += part
        return set(json.loads(answer))


def _interpret(errand: Errand) -> bool:
    """Run an errand in a new interpreter and say whether it was late."""
    order = errand.report.with_suffix(".order")
    order.write_text(json.dumps(errand.run.to_json()), encoding="utf-8")
    command = [sys.executable, "-P", "-m", "pytest_fastapi_kata.worker.suiteprobe", str(order), str(errand.report)]
    with errand.output.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        try:
            process.wait(errand.run.seconds)
        except subprocess.TimeoutExpired:
            return True
        finally:
            _end_group(process.pid)
            process.kill()
            process.wait()
    return False


def _end_group(pid: int) -> None:
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _serve(line: socket.socket) -> NoReturn:
    """Be the host: take errands from the line until it closes."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # A child's end is waited for with a limit of time, so the signal must not get lost in between.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with line.makefile("rwb") as orders:
            for order in orders:
                late = _Forks([Errand.from_json(one) for one in json.loads(order)]).run()
                orders.write(json.dumps(sorted(late)).encode() + b"\n")
                orders.flush()
    finally:
        os._exit(0)


class _Forks:
    """Runs errands in forks of this process."""

    def __init__(self, errands: list[Errand]) -> None:
        self.errands = errands
        self.running: dict[int, tuple[int, float]] = {}
        self.late: set[int] = set()

    def run(self) -> set[int]:
        for errand in self.errands:
            for plugin in errand.run.plugins:
                with contextlib.suppress(ImportError):
                    importlib.import_module(plugin)
        waiting = list(enumerate(self.errands))
        while waiting or self.running:
            while waiting and len(self.running) < side_by_side():
                number, errand = waiting.pop(0)
                self.running[self.start(errand)] = (number, time.monotonic() + errand.run.seconds)
            nearest = min(deadline for _, deadline in self.running.values())
            signal.sigtimedwait({signal.SIGCHLD}, max(0.0, nearest - time.monotonic()))
            self.reap()
        return self.late

    def start(self, errand: Errand) -> int:
        pid = os.fork()
        if pid == 0:
            _run_and_end(errand)
        return pid

    def reap(self) -> None:
        for pid, (number, deadline) in list(self.running.items()):
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
                if time.monotonic() < deadline:
                    continue
                self.late.add(number)
            # Until it is reaped nobody else can get this process id.
            _end_group(pid)
            os.waitpid(pid, 0)
            del self.running[pid]


def _run_and_end(errand: Errand) -> NoReturn:
    try:
        os.setsid()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDONLY)
        output = os.open(errand.output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for fd, stream in ((null, 0), (output, 1), (output, 2)):
            os.dup2(fd, stream)
        sys.stdout = open(1, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        run_suite(errand.run, errand.report)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(0)
