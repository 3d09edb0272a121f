"""``fastapi-kata watch`` without a terminal, driven by saves."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.conftest import WorkspaceFolder

SECONDS = 60.0


class Watched:
    """A running watch and what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip())

    def until(self, text: str) -> None:
        """Wait for a line with this text."""
        while True:
            try:
                self.said.append(self.lines.get(timeout=SECONDS))
            except queue.Empty:
                msg = f"{text!r} was not said, but: {self.said}"
                raise AssertionError(msg) from None
            if text in self.said[-1]:
                return


@contextmanager
def watching(workspace: WorkspaceFolder, *arguments: str) -> Iterator[Watched]:
    """Run the watch until the block ends."""
    command = [sys.executable, "-P", "-c", "from pytest_fastapi_kata.cli import main; main()", "watch", *arguments]
    process = subprocess.Popen(
        command, cwd=workspace.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    try:
        yield Watched(process)
    finally:
        process.terminate()
        process.wait(SECONDS)
        assert process.stdout is not None
        process.stdout.close()


@pytest.mark.parametrize("mode", ["fork", "spawn"])
def test_each_save_is_judged(workspace: WorkspaceFolder, mode: str) -> None:
    """A broken save, a failing one and a solved one; at the end it says what comes next, and stays where it is."""
    entry = workspace.add("q901")
    workspace.add("q902")
    with watching(workspace, "q901", "--isolation", mode, "--poll") as watched:
        watched.until("Not started yet")
        entry.write_text("def (", "utf-8")
        watched.until("Python cannot read your code")
        entry.write_text("from fastapi import FastAPI\n\napp = FastAPI(title='Mine')\n", "utf-8")
        watched.until("404 Not Found")
        workspace.add("q901", "solution")
        watched.until("q901 is solved. Next: fastapi-kata watch q902")
    assert "solved_at" in workspace.progress["katas"]["q901"]
