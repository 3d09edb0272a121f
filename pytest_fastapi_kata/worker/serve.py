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
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from pytest_fastapi_kata.jobs import Job, event_line
from pytest_fastapi_kata.worker.limits import set_limits, take_temporary_folder
from pytest_fastapi_kata.worker.warden import adopt_orphans, children_of, guard

_LINE_LIMIT = 1_000_000


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


def run_in_this_process(job: Job, fd: int) -> NoReturn:
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
    run = partial(run_in_this_process, Job.from_line(line), fd)
    if sys.platform == "linux":
        guard(run, fd)
    run()


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
        guard(partial(run_in_this_process, job, fd), fd)

    def kill(self, number: int) -> None:
        child = self.children.get(number)
        if child is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGTERM)
                # The learner's code may have stopped it.
                os.kill(child.pid, signal.SIGCONT)

    def close(self) -> None:
        """End all jobs, and wait until nothing is left of them; whoever waits for this process has a limit."""
        for number in self.children:
            self.kill(number)
        for child in self.children.values():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child.pid, 0)
        if self.children:
            self.clear_strays()

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
        server.close()
        os._exit(0)
