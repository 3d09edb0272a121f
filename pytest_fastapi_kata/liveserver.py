"""The learner's app behind a real server process on a free loopback port."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from pytest_fastapi_kata.exceptions import ServerError

READY_SECONDS = 15.0
STOP_SECONDS = 5.0
_POLL_SECONDS = 0.025
_KEPT_LINES = 200

# What uvicorn, gunicorn and hypercorn put around what they say; it differs from run to run.
_NOISE = re.compile(r"^\[[^\]]*\] \[\d+\] \[\w+\] |\[\d+\]|\(pid:\d+\)|\[\d\d/[^\]]*\] ")
_ERROR = re.compile(r"(Error|Exception|Interrupt)\b|\berror: |\bERROR\b")
_AFTERMATH = re.compile("HaltServer|in worker process|Child process")
_CHANCE = "ontrol socket"
_LONGEST_LINE = 300


def free_port() -> int:
    """Return a port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def telling_lines(output: str) -> str:
    """Return what a server's output says of an error, or else its last lines, without times and process ids."""
    lines = [_NOISE.sub("", line).strip() for line in output.splitlines()]
    errors = [line for line in lines if _ERROR.search(line) and not _AFTERMATH.search(line)]
    chosen = list(dict.fromkeys(errors))[-2:] or [line for line in lines if line and _CHANCE not in line][-6:]
    return "\n".join(line[:_LONGEST_LINE] for line in chosen)


class LiveServer:
    """A server process in a group of its own, ready once it has answered over HTTP.

    ``command`` is made from the port, so that another one can be tried when the
    first was taken in the meantime.
    """

    def __init__(
        self,
        command: Callable[[int], Sequence[str]],
        folder: Path,
        environment: Callable[[int], Mapping[str, str]] | None = None,
    ) -> None:
        self._command = command
        self._folder = folder
        self._environment = environment or (lambda _: {})
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._reader: threading.Thread | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """The server's address without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """What the server has printed, its last lines."""
        return "\n".join(self._lines)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process; ServerError before ``start``."""
        if self._process is None:
            msg = "the server has not been started"
            raise ServerError(msg)
        return self._process

    def start(self, ready_path: str = "/", seconds: float = READY_SECONDS) -> None:
        """Start the server and wait for an HTTP answer, whatever its status.

        Raises:
            ServerError: it ended, or did not answer in time; its last lines are in the message.
        """
        for attempt in (1, 2):
            self.port = free_port()
            self._launch()
            if self._wait_until_ready(ready_path, seconds):
                return
            ended = self.process.poll()
            self.stop()  # after this, all that the server said was read
            taken = "address already in use" in self.output.lower()
            if not (taken and attempt == 1):
                state = f"ended with exit code {ended}" if ended is not None else "did not answer over HTTP in time"
                msg = f"the server {state}; its last lines:\n{self.output[-2000:] or '(none)'}"
                raise ServerError(msg)

    def _launch(self) -> None:
        environment = {
            **os.environ,
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            **self._environment(self.port),
        }
        environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
        self._process = subprocess.Popen(
            list(self._command(self.port)),
            cwd=self._folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._collect, args=(self._process,), daemon=True)
        self._reader.start()

    def _collect(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdout is not None:
            for line in process.stdout:
                self._lines.append(line.decode("utf-8", "replace").rstrip())

    def _wait_until_ready(self, path: str, seconds: float) -> bool:
        from http.client import HTTPConnection, HTTPException  # only live katas need it

        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                return False
            connection = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
            try:
                connection.request("GET", path)
                connection.getresponse().read()
            except (OSError, HTTPException):
                time.sleep(_POLL_SECONDS)
            else:
                return True
            finally:
                connection.close()
        return False

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """Wait until the server has ended by itself and all its output was read; return its exit code.

        Raises:
            ServerError: it still runs after that time.
        """
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            msg = f"the server was to end and still runs; its last lines:\n{self.output[-2000:] or '(none)'}"
            raise ServerError(msg) from None
        if self._reader is not None:
            self._reader.join(seconds)
        return code

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Send a signal to the server's first process."""
        self.process.send_signal(number)

    def stop(self) -> None:
        """End the whole process group, kindly first, and wait for it."""
        if self._process is None:
            return
        self._signal_group(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        self._signal_group(getattr(signal, "SIGKILL", signal.SIGTERM))
        self._process.wait(STOP_SECONDS)
        if self._reader is not None:
            self._reader.join(STOP_SECONDS)
        if self._process.stdout is not None and self._reader is not None and not self._reader.is_alive():
            self._process.stdout.close()

    def _signal_group(self, number: int) -> None:
        try:
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, number)
            else:
                self.process.terminate()
        except (ProcessLookupError, PermissionError):
            pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
