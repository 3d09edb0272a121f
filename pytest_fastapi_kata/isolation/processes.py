"""Worker processes, forked from a warm one or started ahead, and what they report."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from pytest_fastapi_kata.exceptions import WorkerError
from pytest_fastapi_kata.jobs import EVENT_LIMIT, Job, read_event

Mode = Literal["fork", "spawn"]

START_SECONDS = 120.0
_DRAIN_SECONDS = 1.0
_END_SECONDS = 30.0
"""How long to wait until nothing is left of the jobs; it is over at once but for a thousand processes."""


@dataclass(frozen=True)
class Report:
    """An event of a running job, or its end (then ``exit`` is the exit code, negative for a signal).

    ``lost`` says that it ended with others, since the process behind them all has gone.
    """

    number: int
    event: dict[str, Any] | None = None
    exit: int | None = None
    lost: bool = False


Reports = queue.Queue[Report]


class Processes(Protocol):
    """Starts jobs in processes of their own and reports through ``reports``."""

    reports: Reports

    def launch(self, job: Job) -> int:
        """Start a job; return its number, which is in each of its reports."""
        ...

    def kill(self, number: int) -> None:
        """Kill a job's process group; its end is reported like any other."""
        ...

    def close(self) -> None:
        """End all processes."""
        ...


def default_mode() -> Mode:
    """Return fork where the platform has it and it is safe, else spawn."""
    return "fork" if hasattr(os, "fork") and hasattr(socket, "send_fds") and sys.platform != "darwin" else "spawn"


def open_processes(mode: Mode, ahead: int, scratch: Path) -> Processes:
    """Return the processes of a mode; ``ahead`` of them are kept waiting where each is started anew."""
    return ForkedProcesses(scratch) if mode == "fork" else SpawnedProcesses(ahead, scratch)


def worker_environment(scratch: Path) -> dict[str, str]:
    """Return the environment of a worker: what steers the outer pytest must not steer the inner one."""
    dropped = ("PYTEST_", "COV_CORE_", "PYTHONBREAKPOINT", "PYTHONSTARTUP")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch), "PYTHONIOENCODING": "utf-8"}


def _command(*arguments: str) -> list[str]:
    # -P keeps the current folder, which is the learner's, out of the worker's path.
    return [sys.executable, "-P", "-X", "utf8", "-m", "pytest_fastapi_kata.worker", *arguments]


class _Stream:
    """Reads events of one job in a thread and puts them into the queue."""

    def __init__(self, number: int, token: str, source: Any, reports: Reports) -> None:
        self._number = number
        self._token = token
        self._source = source
        self._reports = reports
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while line := self._source.readline(EVENT_LIMIT):
                event = read_event(line, self._token)
                if event is not None:
                    self._reports.put(Report(self._number, event))

    def drain(self) -> None:
        """Wait until everything sent was read; a process left behind may hold the pipe open, so not for long."""
        self.thread.join(_DRAIN_SECONDS)


class ForkedProcesses:
    """Jobs run in forks of one warm process."""

    def __init__(self, scratch: Path) -> None:
        self.reports: Reports = queue.Queue()
        self._scratch = scratch
        self._numbers = 0
        self._streams: dict[int, tuple[_Stream, socket.socket]] = {}
        self._lock = threading.Lock()
        self._launched: dict[int, threading.Event] = {}
        self._start()

    def _start(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs, (self._scratch / "worker.log").open("ab") as log:
            self._server = subprocess.Popen(
                _command("--serve", str(theirs.fileno())),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                env=worker_environment(self._scratch),
                start_new_session=True,
            )
        self._ready = threading.Event()
        self._gone = False
        threading.Thread(target=self._listen, args=(self._control,), daemon=True).start()

    def _listen(self, control: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), control.makefile("rb") as lines:
            for line in lines:
                self._take(json.loads(line))
        if control is self._control:
            self._gone = True
            self._ready.set()
        for number in list(self._streams):
            self._end(number, -signal.SIGKILL, lost=True)

    def _take(self, news: dict[str, Any]) -> None:
        if "ready" in news:
            self._ready.set()
        elif "exit" in news:
            self._end(news["number"], news["exit"])
        else:
            self._launched[news["number"]].set()

    def _end(self, number: int, status: int, *, lost: bool = False) -> None:
        with self._lock:
            stream, ours = self._streams.pop(number, (None, None))
        if stream is None or ours is None:
            return
        stream.drain()
        with contextlib.suppress(OSError):
            ours.shutdown(socket.SHUT_RD)
        ours.close()
        self.reports.put(Report(number, exit=status, lost=lost))
        self._launched[number].set()

    def launch(self, job: Job) -> int:
        """Start a job in a fork of the warm process, which is started anew if it has gone."""
        if not self._ready.wait(START_SECONDS) or self._gone:
            self._restart()
        self._wake_server()
        number = self._numbers = self._numbers + 1
        ours, theirs = socket.socketpair()
        self._launched[number] = threading.Event()
        with self._lock:
            self._streams[number] = (_Stream(number, job.token, ours.makefile("rb"), self.reports), ours)
        order = json.dumps({"number": number, "job": asdict(job)}).encode() + b"\n"
        with theirs:
            try:
                socket.send_fds(self._control, [order], [theirs.fileno()])
            except OSError:
                self._gone = True
        if self._gone:
            self._end(number, -signal.SIGKILL, lost=True)
        # One order at a time, so that each arrives with its own descriptor.
        self._launched[number].wait(START_SECONDS)
        return number

    def _restart(self) -> None:
        self._kill_server()
        self._start()
        if not self._ready.wait(START_SECONDS) or self._gone:
            log = (self._scratch / "worker.log").read_text("utf-8", "replace")[-2000:]
            msg = f"the kit's worker process did not start; it said:\n{log or '(nothing)'}"
            raise WorkerError(msg, "Try --kata-isolation=spawn, and please report this.")

    def kill(self, number: int) -> None:
        """Have a job's process group killed."""
        self._wake_server()
        with contextlib.suppress(OSError):
            self._control.sendall(json.dumps({"kill": number}).encode() + b"\n")

    def _wake_server(self) -> None:
        # Learner's code may have stopped it.
        with contextlib.suppress(OSError):
            self._server.send_signal(signal.SIGCONT)

    def _kill_server(self) -> None:
        with contextlib.suppress(OSError):
            self._control.close()
        self._server.kill()
        self._server.wait()

    def close(self) -> None:
        """Close the socket, upon which the warm process kills its children and ends."""
        self._wake_server()
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._server.wait(_END_SECONDS)
        self._kill_server()


class SpawnedProcesses:
    """Jobs run in processes that are started ahead and wait for one job each."""

    def __init__(self, ahead: int, scratch: Path) -> None:
        self.reports: Reports = queue.Queue()
        self._scratch = scratch
        self._ahead = max(1, ahead)
        self._numbers = 0
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self._waiting: deque[subprocess.Popen[bytes]] = deque()
        self._closed = False
        self._fill()

    def _fill(self) -> None:
        while len(self._waiting) < self._ahead:
            with (self._scratch / "worker.log").open("ab") as log:
                process = subprocess.Popen(
                    _command("--once"),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=worker_environment(self._scratch),
                    start_new_session=True,
                )
            self._waiting.append(process)

    def launch(self, job: Job) -> int:
        """Hand a job to a waiting process and start another one to wait."""
        number = self._numbers = self._numbers + 1
        process = self._waiting.popleft()
        self._running[number] = process
        stream = _Stream(number, job.token, process.stdout, self.reports)
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.write(job.to_line())
                process.stdin.close()
        threading.Thread(target=self._wait_for, args=(number, process, stream), daemon=True).start()
        self._fill()
        return number

    def _wait_for(self, number: int, process: subprocess.Popen[bytes], stream: _Stream) -> None:
        status = process.wait()
        _kill_group(process)
        stream.drain()
        if process.stdout is not None and not stream.thread.is_alive():
            process.stdout.close()
        self._running.pop(number, None)
        self.reports.put(Report(number, exit=status))

    def kill(self, number: int) -> None:
        """Kill a job's process group."""
        process = self._running.get(number)
        if process is not None:
            _end_job(process)

    def close(self) -> None:
        """Kill all processes, running and waiting."""
        running = list(self._running.values())
        for process in running:
            _end_job(process)
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
        for process in [*running, *self._waiting]:
            _kill_group(process)
        for process in self._waiting:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()
        self._waiting.clear()


def _end_job(process: subprocess.Popen[bytes]) -> None:
    """Have a job ended by its warden, which clears away what the job leaves, or else kill its group."""
    if sys.platform != "linux":
        _kill_group(process)
        return
    with contextlib.suppress(OSError):
        process.terminate()
        process.send_signal(signal.SIGCONT)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
