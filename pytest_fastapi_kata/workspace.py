"""The learner's workspace: where their files lie, and what they have touched."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.exceptions import WorkspaceError
from pytest_fastapi_kata.kata import Kata

MARKER = "[tool.fastapi-kata]"
FORMAT_VERSION = 1
State = Literal["absent", "untouched", "started"]

_BY_PRODUCTS = {"__pycache__", "node_modules", "venv"}
_LARGE = 2_000_000
# What systems and editors leave lying around.
_LITTER = (".DS_Store", "Thumbs.db", "desktop.ini")
# `.new` is what an update lays beside a file that it could not merge.
_LITTER_ENDS = (".pyc", ".pyo", "~", ".swp", ".swo", ".tmp", ".new")


def is_workspace(root: Path) -> bool:
    """Say quickly whether a folder is a workspace: its pyproject.toml has the marker section."""
    try:
        return MARKER.encode() in (root / "pyproject.toml").read_bytes()
    except OSError:
        return False


@dataclass(frozen=True)
class Workspace:
    """A learner's folder.

    ``kit`` is the version that it was made or last updated with, ``topics`` and ``levels`` are what was chosen then:
    names with commas between them, or ``all``.
    """

    root: Path
    kit: str
    topics: str = "all"
    levels: str = "all"

    @property
    def katas_root(self) -> Path:
        """The folder of all katas."""
        return self.root / "katas"

    @property
    def record(self) -> Path:
        """The folder of the learner's record, ``.kata``."""
        return self.root / ".kata"

    def folder(self, kata: Kata) -> Path:
        """Return the learner's folder of a kata."""
        return self.katas_root / kata.topic.folder / kata.slug

    def entry(self, kata: Kata) -> Path:
        """Return the learner's main file of a kata."""
        return self.folder(kata) / kata.entry

    def state(self, kata: Kata) -> State:
        """Return whether the kata is here, and whether the learner has changed, added or removed a file."""
        folder = self.folder(kata)
        if not folder.is_dir():
            return "absent"
        present = {path.relative_to(folder).as_posix(): path for path in learner_files(folder)}
        if _same_files(present, _stub_of(kata)):
            return "untouched"
        pristine = self.pristine.get(kata.id)
        return "untouched" if pristine is not None and _same_files(present, pristine) else "started"

    @cached_property
    def pristine(self) -> dict[str, dict[str, bytes]]:
        """By kata's id, the stub's files that this workspace was made from; a newer kit may have improved them."""
        try:
            stored = json.loads((self.record / "stubs.json").read_text("utf-8"))
            return {name: _decoded(entry["files"]) for name, entry in stored["katas"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return {}

    def digest(self, kata: Kata) -> str:
        """Return a digest of all that the learner has in the kata's folder."""
        folder = self.folder(kata)
        digest = hashlib.sha256()
        for path in learner_files(folder):
            digest.update(path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape") + b"\0")
            digest.update(_fingerprint(path) + b"\0")
        return digest.hexdigest()


def read_workspace(root: Path) -> Workspace:
    """Read the marker section of a workspace's pyproject.toml.

    Raises:
        WorkspaceError: it cannot be read, or was made by a kit with a newer format.
    """
    file = root / "pyproject.toml"
    try:
        section = tomllib.loads(file.read_text("utf-8"))["tool"]["fastapi-kata"]
        version = section.get("format_version")
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{file} cannot be read: {error}"
        raise WorkspaceError(msg, "Repair the file, or make a new workspace beside it: fastapi-kata new") from None
    except (KeyError, AttributeError, TypeError):
        msg = f"{file} has no section {MARKER}"
        raise WorkspaceError(msg, "This folder is not a workspace. Make one: fastapi-kata new my-katas") from None
    kit = section.get("kit", "")
    if not isinstance(version, int) or not isinstance(kit, str):
        msg = f"{file}: {MARKER} needs format_version (a number) and kit (a version)"
        raise WorkspaceError(msg, f'For this kit: format_version = {FORMAT_VERSION} and kit = "{__version__}"')
    if version > FORMAT_VERSION:
        msg = f"this workspace was made by a newer kit ({kit or 'unknown'}), and {__version__} is installed"
        raise WorkspaceError(msg, "Update the kit: pip install --upgrade pytest-fastapi-kata")
    return Workspace(root, kit, _chosen(section, "topics"), _chosen(section, "levels"))


def _chosen(section: dict[str, Any], what: str) -> str:
    names = section.get(what)
    return ", ".join(map(str, names)) if isinstance(names, list) and names else "all"


def find_workspace(start: Path) -> Workspace:
    """Return the workspace that ``start`` lies in.

    Raises:
        WorkspaceError: neither this folder nor one above it is a workspace.
    """
    for folder in (start, *start.parents):
        if is_workspace(folder):
            return read_workspace(folder)
    msg = f"{start} is not in a workspace"
    raise WorkspaceError(msg, "Go to your workspace (cd my-katas), or make one: fastapi-kata new my-katas")


def learner_files(folder: Path) -> Iterator[Path]:
    """Yield the learner's files of a kata in a fixed order: no by-products, no hidden tool folders, no README.md."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not _is_by_product(Path(place, name)))
        # A file of the stub may be a folder or a dangling link by now; both count as there.
        for name in sorted(files):
            path = Path(place, name)
            if not (name in _LITTER or name.endswith(_LITTER_ENDS) or path == folder / "README.md"):
                yield path


def _is_by_product(folder: Path) -> bool:
    return folder.name in _BY_PRODUCTS or folder.name.startswith(".") or (folder / "pyvenv.cfg").exists()


def _fingerprint(path: Path) -> bytes:
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            # Reading a pipe or a device may have no end.
            return f"no file: {stat.S_IFMT(facts.st_mode)}".encode()
        if facts.st_size > _LARGE:
            return f"{facts.st_size} {facts.st_mtime_ns}".encode()
        return hashlib.sha256(_unified(path.read_bytes())).digest()
    except OSError as error:
        return repr(error.errno).encode()


def _unified(content: bytes) -> bytes:
    # An editor or git may have changed the line ends; the learner has not.
    return content.replace(b"\r\n", b"\n")


def _same_files(present: dict[str, Path], pristine: dict[str, bytes]) -> bool:
    if present.keys() != pristine.keys():
        return False
    try:
        return all(path.is_file() and _unified(path.read_bytes()) == pristine[name] for name, path in present.items())
    except OSError:
        return False


def _stub_of(kata: Kata) -> dict[str, bytes]:
    return {path.as_posix(): _unified((kata.stub / path).read_bytes()) for path in kata.stub_files()}


def _decoded(files: dict[str, Any]) -> dict[str, bytes]:
    return {
        name: _unified(base64.b64decode(text["base64"]) if isinstance(text, dict) else text.encode())
        for name, text in files.items()
    }
