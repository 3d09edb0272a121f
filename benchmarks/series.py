"""Runs of commands, timed: wall and processor time, and what memory they took."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Series:
    """The runs of one kind: wall and processor times in seconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def add(self, command: Sequence[str], cwd: Path, environment: Mapping[str, str], expect: int = 0) -> str:
        """Run once, note how long it took, and return what it printed.

        Processor time is that of all processes it waited for.
        """
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        self.wall.append(time.perf_counter() - start)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode != expect:
            sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr[-2000:]}")
        return done.stdout

    @property
    def wall_median(self) -> float:
        """The median of the wall times."""
        return statistics.median(self.wall)

    @property
    def cpu_median(self) -> float:
        """The median of the processor times."""
        return statistics.median(self.cpu)

    def row(self, name: str) -> str:
        """Return a line of a Markdown table: medians, and from where to where the wall times reach."""
        cpu = f"{self.cpu_median:.3f}" if self.cpu else ""
        return f"| {name} | {self.wall_median:.3f} | {min(self.wall):.3f}-{max(self.wall):.3f} | {cpu} |"
