"""What one job may take of memory, disk, processes and temporary files."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

MEMORY_LIMIT = 4 * 1024**3
FILE_LIMIT = 64 * 1024**2
PROCESS_ROOM = 1_000
"""Processes and threads that a job may have besides all that are there when it begins."""


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
