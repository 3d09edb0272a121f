"""What can happen while a kata is watched; every thread reports to one queue."""

from __future__ import annotations

import queue
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pytest_fastapi_kata.results import CheckResult, KataResult


@dataclass(frozen=True)
class Key:
    """A key was pressed: a character, or a name such as ``up`` or ``escape``."""

    name: str


@dataclass(frozen=True)
class Saved:
    """Something was written, renamed or deleted below these paths."""

    paths: frozenset[Path]


@dataclass(frozen=True)
class Ticked:
    """A check of the run of that number has its result."""

    run: int
    check: CheckResult


@dataclass(frozen=True)
class Judged:
    """A run has come to its end, at that time of the day."""

    run: int
    result: KataResult
    notes: tuple[str, ...] = ()
    time: str = ""


@dataclass(frozen=True)
class Troubled:
    """A run could not be made, or the files can only be watched in another way; run 0 is no run."""

    run: int
    text: str


@dataclass(frozen=True)
class Resized:
    """The terminal has another size."""


@dataclass(frozen=True)
class Suspended:
    """The learner pressed Ctrl+Z."""


@dataclass(frozen=True)
class Ended:
    """The terminal has gone, or somebody asks the process to end."""


Event = Key | Saved | Ticked | Judged | Troubled | Resized | Suspended | Ended
Tell = Callable[[Event], None]

# Unlike Queue, it may be written to from a signal handler at any moment.
Events = queue.SimpleQueue[Event]
