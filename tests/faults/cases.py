"""The submissions in ``cases/``, each with the verdict that it must get.

A case is a Python file, the learner's ``app.py``, whose first comments say what
is expected, or a folder with these lines in ``case.txt``:

``case``    what it does, in words
``expect``  the kata's status; several that will do are separated by ``|``
``says``    a part of what the learner is told about the first check that failed; several as for ``expect``
``timeout`` the limit of a single check in seconds, if not the kata's own
``only``    the platforms it can be tried on: ``linux``, ``posix``
``record``  there if the progress record may say something else

In a folder, ``workspace/`` is laid over the workspace, ``app.py`` is the
learner's, ``link`` and ``pipe`` make it one, ``bytes`` are its content (hex, a
thousand times), and ``root`` names the workspace's folder.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "cases"
_KEYS = {"case", "expect", "says", "timeout", "only", "record", "link", "pipe", "bytes", "root"}


@dataclass(frozen=True)
class Case:
    """One submission: ``name`` is its path in ``cases/``, ``path`` the file or folder."""

    name: str
    path: Path
    facts: Mapping[str, str]

    @property
    def title(self) -> str:
        """What it does, in words."""
        return self.facts["case"]

    @property
    def group(self) -> str:
        """What kind of case it is."""
        return self.name.partition("/")[0]

    @property
    def statuses(self) -> frozenset[str]:
        """The statuses that will do."""
        return frozenset(self.facts["expect"].split("|"))

    @property
    def says(self) -> list[str]:
        """Parts of the message, one of which is there; one is empty if any message will do."""
        return self.facts.get("says", "").split("|")

    def why_not_here(self) -> str:
        """Say why the case cannot be tried on this platform, if it cannot."""
        only = self.facts.get("only")
        here = {"linux": sys.platform == "linux", "posix": os.name == "posix"}
        return f"needs {only}" if only and not here[only] else ""


def all_cases() -> list[Case]:
    """Read all cases, in the order of their names."""
    found = [_read(path, path.with_suffix(""), "# ") for path in FOLDER.glob("*/*.py")]
    found += [_read(path, path.parent, "") for path in FOLDER.glob("*/*/case.txt")]
    return sorted(found, key=lambda case: case.name)


def _read(file: Path, named: Path, mark: str) -> Case:
    facts = {}
    for line in file.read_text("utf-8").splitlines():
        key, colon, value = line.removeprefix(mark).partition(": ")
        if not (line.startswith(mark) and colon and key in _KEYS):
            break
        facts[key] = value
    if {"case", "expect"} - facts.keys():
        msg = f"{file}: its first lines must say `case` and `expect`"
        raise ValueError(msg)
    return Case(named.relative_to(FOLDER).as_posix(), file if mark else file.parent, facts)
