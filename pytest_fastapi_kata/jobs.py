"""The words between the process that judges and the process that runs the learner's code.

A job travels as one line of JSON, and events come back as lines of JSON. Every
event carries the job's token, which learner code is never given: a line without
it is not an event.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pytest_fastapi_kata.kata import Kata

EVENT_LIMIT = 4_000_000
"""Bytes of a single event; a longer line ends the job."""


@dataclass(frozen=True)
class Job:
    """Run some checks of one kata against one folder of learner's files.

    ``checks`` are names, in the order to run them. ``timeout`` is in seconds
    and bounds a single check. ``pristine`` is the stub's folder, from which
    given files are taken. ``suites`` says that test suites of the learner's are
    run. ``stacks`` is the file for the watchdog's dump.
    """

    kata_id: str
    folder: str
    entry: str
    app: str
    acceptance: str
    pristine: str
    solution: str
    checks: tuple[str, ...]
    timeout: float
    seed: int
    token: str
    stacks: str
    suites: bool = False
    in_process: bool = False

    @classmethod
    def of(cls, kata: Kata, folder: Path, checks: Iterable[str], **how: Any) -> Job:
        """Return the job that runs some checks of a kata against a folder; ``how`` are the other fields."""
        return cls(
            kata_id=kata.id,
            folder=str(folder.resolve()),
            entry=kata.entry,
            app=kata.app,
            acceptance=str(kata.acceptance),
            pristine=str(kata.stub),
            solution=str(kata.solution),
            suites=kata.judged == "suite",
            checks=tuple(checks),
            **{"timeout": kata.timeout, **how},
        )

    def to_line(self) -> bytes:
        """Return the job as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Job:
        """Read a job from its line."""
        data = json.loads(line)
        data["checks"] = tuple(data["checks"])
        return cls(**data)

    @property
    def temporary(self) -> str:
        """The folder for the job's temporary files, if it has a process of its own."""
        return f"{self.stacks}-files"

    @property
    def folder_path(self) -> Path:
        """The learner's folder of this kata."""
        return Path(self.folder)


def event_line(token: str, **values: Any) -> bytes:
    """Return an event as one line."""
    return json.dumps({"token": token, **values}).encode() + b"\n"


def read_event(line: bytes, token: str) -> dict[str, Any] | None:
    """Return the event of a line, or None if it is none of this job's."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("token") != token:
        return None
    return event
