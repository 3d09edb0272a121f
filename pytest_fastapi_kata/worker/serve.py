"""The warm process: it has imported what checks need, and runs each job in a fork of itself.

It knows no learner's code. Where there is no fork, a process like it waits for
one job, runs it itself, and ends.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from pytest_fastapi_kata.jobs import Job, event_line

MEMORY_LIMIT = 4 * 1024**3
FILE_LIMIT = 64 * 1024**2
PROCESS_ROOM = 1_000
"""Processes and threads that a job may have besides all that are there when it begins."""
PARENT_SECONDS = 1.0
"""How often a warden looks whether its own parent is still there."""
_LINE_LIMIT = 1_000_000
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_PDEATHSIG = 1


def warm_up() -> None:
    """Import what every check needs, and make one request so that late imports happen now."""
    import importlib

    import anyio._backends._asyncio
    import pytest_timeout
    from _pytest.config import default_plugins
    from anyio import pytest_plugin
    from fastapi import FastAPI
    from fastapi.openapi.docs import get_swagger_ui_html

    from pytest_fastapi_kata.clients import Recorder, RecordingClient
    from pytest_fastapi_kata.worker import run
    from pytest_fastapi_kata.worker.machinery import machinery

    del anyio, pytest_timeout, pytest_plugin, get_swagger_ui_html, run
    app = FastAPI()

    @app.get("/{number}")
    def echo(number: int) -> dict[str, int]:
        return {"number": number}

    with RecordingClient(app, Recorder()) as client:
        client.get("/1").json()
        client.get("/x")
        client.get("/openapi.json")
    for plugin in default_plugins:
        importlib.import_module(f"_pytest.{plugin}")
    machinery()


def emitter(job: Job, fd: int) -> Callable[..., None]:
    """Return the function that sends events through a file descriptor."""

    def emit(**values: Any) -> None:
        view = memoryview(event_line(job.token, **values))
        while view:
            view = view[os.write(fd, view) :]

    return emit


def set_limits() -> None:
    """Bound what one job may take of memory and disk, where the platform can."""
    try:
        import resource  # not on Windows
    except ImportError:
        return
    amounts = {"RLIMIT_AS": MEMORY_LIMIT, "RLIMIT_FSIZE": FILE_LIMIT, "RLIMIT_CORE": 0, "RLIMIT_NPROC": _processes()}
    for what, amount in amounts.items():
        number = getattr(resource, what, None)
        if number is not None and amount is not None:
            _, hard = resource.getrlimit(number)
            wanted = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(number, (wanted, hard))


def take_temporary_folder(folder: Path) -> None:
    """Put temporary files into a folder of this job's own, so that clearing it away harms no other."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder)))
    tempfile.tempdir = None


def _processes() -> int | None:
    # The limit is for all that the user runs, on the whole machine, which only Linux tells cheaply.
    try:
        return int(Path("/proc/loadavg").read_text("ascii").split()[3].partition("/")[2]) + PROCESS_ROOM
    except (OSError, ValueError, IndexError):
        return None


def run_in_this_process(job: Job, fd: int) -> None:
    """Run a job and end the process, whatever happens."""
    import faulthandler

    from pytest_fastapi_kata.worker.run import run_job
    from pytest_fastapi_kata.worker.suitehost import ForkingHost, SuiteHost

    status = 1
    try:
        set_limits()
        take_temporary_folder(Path(job.temporary))
        faulthandler.enable(Path(job.stacks).open("wb"))  # noqa: SIM115 - needed until the end
        # A fork is warm, and knows nothing yet of the learner's code. On macOS it is not safe.
        forks = hasattr(os, "fork") and sys.platform != "darwin"
        host = ForkingHost(close=(fd,)) if job.suites and forks else SuiteHost()
        run_job(job, emitter(job, fd), host)
        status = 0
    finally:
        # No exit handlers: those of the learner's code could hang, or write where they should not.
        os._exit(status)


def run_once() -> None:
    """Read one job from standard input, run it, and send the events to standard output."""
    fd = os.dup(1)
    os.set_inheritable(fd, False)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    warm_up()
    line = sys.stdin.buffer.readline()
    os.dup2(null, 0)
    if not line:
        return
    # Only on Linux can a process find what a job leaves behind.
    run = guard if sys.platform == "linux" else run_in_this_process
    run(Job.from_line(line), fd)


@dataclass
class _Child:
    number: int
    pid: int


class _Server:
    """Takes orders from the judging process through a socket, and tells it of every child's end."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.children: dict[int, _Child] = {}
        self.selector = selectors.DefaultSelector()
        self._buffer = b""
        self._fds: list[int] = []
        self._wake, wakeup = socket.socketpair()
        self._wake.setblocking(False)
        wakeup.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup.fileno(), warn_on_full_buffer=False)
        self._wakeup = wakeup
        self.selector.register(self.control, selectors.EVENT_READ)
        self.selector.register(self._wake, selectors.EVENT_READ)

    def tell(self, **values: Any) -> None:
        self.control.sendall(json.dumps(values).encode() + b"\n")

    def run(self) -> None:
        self.tell(ready=os.getpid())
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self._wake:
                    with contextlib.suppress(BlockingIOError):
                        self._wake.recv(4096)
                    self.reap()
                elif not self.receive():
                    return

    def receive(self) -> bool:
        data, fds, _, _ = socket.recv_fds(self.control, _LINE_LIMIT, 4)
        if not data:
            return False
        self._buffer += data
        self._fds += fds
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            order = json.loads(line)
            if "kill" in order:
                self.kill(order["kill"])
            else:
                self.launch(order["number"], Job.from_line(json.dumps(order["job"]).encode()), self._fds.pop(0))
        return True

    def launch(self, number: int, job: Job, fd: int) -> None:
        pid = os.fork()
        if pid == 0:
            self.become_warden(job, fd)
        os.close(fd)
        self.children[number] = _Child(number, pid)
        self.tell(number=number, pid=pid)

    def become_warden(self, job: Job, fd: int) -> None:
        signal.set_wakeup_fd(-1)
        self.selector.close()
        for end in (self.control, self._wake, self._wakeup):
            end.close()
        guard(job, fd)

    def kill(self, number: int) -> None:
        child = self.children.get(number)
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGTERM)
                # The learner's code may have stopped it.
                os.kill(child.pid, signal.SIGCONT)

    def reap(self) -> None:
        for child in list(self.children.values()):
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if pid == 0:
                continue
            del self.children[child.number]
            if os.WIFSIGNALED(status):
                self.clear_strays()
            self.tell(number=child.number, exit=os.waitstatus_to_exitcode(status))

    def clear_strays(self) -> None:
        """Kill what a warden has left that was itself killed."""
        wardens = {child.pid for child in self.children.values()}
        while strays := set(children_of(os.getpid())) - wardens:
            for pid in strays:
                with contextlib.suppress(ProcessLookupError, PermissionError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)


def guard(job: Job, fd: int) -> NoReturn:
    """Run a job in a child, clear away whatever it leaves behind, and end the way the child has ended.

    On Linux, orphans of this process's descendants become its children, so
    that not even a daemon of the learner's outlives the job.
    """
    adopt_orphans()
    parent = os.getppid()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    worker = os.fork()
    if worker == 0:
        end_with_parent()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        os.setsid()
        run_in_this_process(job, fd)
    os.close(fd)
    signal.signal(signal.SIGTERM, lambda *_: _kill_group(worker))
    # Whoever waits for the job may be killed, too.
    signal.signal(signal.SIGALRM, lambda *_: None if os.getppid() == parent else _kill_group(worker))
    signal.setitimer(signal.ITIMER_REAL, PARENT_SECONDS, PARENT_SECONDS)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    # Look first and reap last: until then nobody else can get this process id.
    os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
    _kill_group(worker)
    _, status = os.waitpid(worker, 0)
    clear_away()
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(max(code, 0))


def adopt_orphans() -> None:
    """Become the parent of all descendants whose own parent ends, where the platform can (Linux)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with_parent() -> None:
    """Have this process killed when its parent ends, where the platform can (Linux)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def clear_away() -> None:
    """Kill the children of this process, and those that they leave to it, until none is there."""
    while True:
        for pid in children_of(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def children_of(parent: int) -> list[int]:
    """Return the process ids of a process's children, where /proc tells them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold anything; state and parent come behind it.
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def serve(fd: int) -> None:
    """Warm up, then fork a process for each job that comes through the socket, until it closes."""
    control = socket.socket(fileno=fd)
    control.set_inheritable(False)
    adopt_orphans()
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    warm_up()
    # What is alive now is shared by all children: the collector must not touch, and so copy, it.
    gc.collect()
    gc.freeze()
    server = _Server(control)
    try:
        server.run()
    except (BrokenPipeError, ConnectionResetError):
        pass
    finally:
        for number in server.children:
            server.kill(number)
        os._exit(0)
