"""What a workspace of many katas costs: time for each kata, and memory of the process that judges."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from series import Series
from workspaces import many_katas

_RUN = (
    "import resource, sys, pytest; status = pytest.main(sys.argv[1:]); "
    "print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss); sys.exit(status)"
)


class Growth:
    """A workspace of a number of small solved katas; with none it tells what pytest alone takes."""

    def __init__(self, number: int, folder: Path) -> None:
        self.number = number
        self.root = folder / "workspace"
        self.environment = many_katas(number, folder / "site", self.root)
        self.series = Series()
        self.peaks: list[int] = []

    def add(self) -> None:
        """Run all katas, and note the time and the peak of the judging process's memory."""
        command = [sys.executable, "-c", _RUN, "-q", "--kata-progress", "--kata-fresh"]
        # pytest has an exit code of its own for a workspace of none.
        printed = self.series.add(command, self.root, self.environment, expect=0 if self.number else 5)
        self.peaks.append(int(printed.rpartition("peak ")[2].split()[0]))

    def milliseconds(self, none: Growth) -> float:
        """Return the milliseconds for each kata, beyond what a run of none takes."""
        return 1000 * (self.series.wall_median - none.series.wall_median) / self.number

    def kibibytes(self, none: Growth) -> float:
        """Return the KiB for each kata, beyond what a run of none takes."""
        return (statistics.median(self.peaks) - statistics.median(none.peaks)) / self.number
