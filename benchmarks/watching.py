"""From a save to the verdict, in ``fastapi-kata watch``."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from series import Series

PATIENCE = 60.0
PAUSE = 1.5
"""Seconds between two saves, in which the next worker gets ready, as it does while a learner types."""


class _Lines:
    """The lines of a process, each with the time at which it came."""

    def __init__(self, source: IO[str]) -> None:
        self._source = source
        self._found: list[tuple[float, str]] = []
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self._source:
            with self._news:
                self._found.append((time.perf_counter(), line))
                self._news.notify_all()

    def __len__(self) -> int:
        return len(self._found)

    def time_of(self, text: str, first: int) -> float:
        """Wait for a line with this text, from the line numbered ``first`` on, and return when it came."""

        def found() -> float | None:
            return next((at for at, line in self._found[first:] if text in line), None)

        with self._news:
            at = self._news.wait_for(found, PATIENCE)
        if at is None:
            sys.exit(f"watch said nothing of {text!r}:\n{''.join(line for _, line in self._found)}")
        return at


def saves(kata_id: str, file: Path, root: Path, environment: Mapping[str, str], rounds: int) -> Series:
    """Return how long the verdict took after each of ``rounds`` saves of a solved kata's file."""
    script = str(Path(sys.executable).with_name("fastapi-kata"))
    command = [script, "watch", kata_id, "--plain"]
    solved, series = file.read_text("utf-8"), Series()
    process = subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    lines = _Lines(process.stdout)
    lines.time_of("is solved", 0)
    for number in range(rounds):
        time.sleep(PAUSE)
        seen, start = len(lines), time.perf_counter()
        file.write_text(f"{solved}\n# {number}\n", encoding="utf-8")
        series.wall.append(lines.time_of("is solved", seen) - start)
    process.terminate()
    process.wait()
    file.write_text(solved, encoding="utf-8")
    return series
