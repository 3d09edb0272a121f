"""What would bring a workspace up to the installed kit, decided file by file.

The learner's files are compared with what they were made from (``.kata/stubs.json``) and with what the kit has now.
What the learner did not touch is replaced, what both changed is merged, and where that cannot be done the learner's
file stays and the kit's is laid beside it, as ``NAME.new``.
"""

from __future__ import annotations

import hashlib
import json
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.exceptions import WorkspaceError
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.merging import merge
from pytest_fastapi_kata.progress import Record, checks_digest
from pytest_fastapi_kata.scaffold import (
    MANIFEST,
    by_topic,
    choose,
    readme_page,
    requirement,
    stub_contents,
    topic_page,
)
from pytest_fastapi_kata.standing import katas_in
from pytest_fastapi_kata.workspace import Workspace

Action = Literal["add", "replace", "merge", "conflict", "remove", "move"]
CHOSEN_FILES = ("pyproject.toml", "requirements.txt")
_REQUIREMENT = re.compile(r"pytest-fastapi-kata\[katas\]\s*~=\s*[0-9][\w.!+-]*")


@dataclass(frozen=True)
class Change:
    """One file of the workspace that an update writes, removes, moves or leaves to the learner.

    ``path`` is relative to the workspace. ``content`` is what is written there; of a conflict it is the kit's text,
    which is laid beside the learner's file.
    """

    path: str
    action: Action
    content: bytes = b""
    kata: Kata | None = None


@dataclass
class Update:
    """What an update does: its changes, and the katas that they are about."""

    workspace: Workspace
    katas: list[Kata] = field(default_factory=list)
    added: list[Kata] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    moved: list[tuple[Kata, str]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    unknown: list[Kata] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    older: list[Kata] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether the workspace is as the kit has it."""
        return not (self.changes or self.moved)

    @property
    def conflicts(self) -> list[Change]:
        """The files that the learner has to look at."""
        return [change for change in self.changes if change.action == "conflict"]

    def of(self, kata: Kata) -> list[Change]:
        """Return the changes to a kata's files."""
        return [change for change in self.changes if change.kata is kata]


def plan_update(workspace: Workspace, catalogue: Catalogue) -> Update:
    """Return what an update would do; nothing is written.

    Raises:
        WorkspaceError: the workspace was made by a newer kit than this one.
        KataError: the topics or levels that the workspace names are not known.
    """
    _refuse_older_kit(workspace)
    manifest = _manifest(workspace)
    known: dict[str, Any] = manifest.get("katas", {})
    present = {kata.id for kata in katas_in(workspace, catalogue)}
    update = Update(workspace)
    wanted = {kata.id for kata in choose(catalogue, workspace.topics, workspace.levels)}
    for kata in catalogue:
        moved_from = _old_place(workspace, kata, known)
        if moved_from:
            update.moved.append((kata, moved_from))
        if kata.id in present or moved_from:
            _plan_kata(update, kata, known, moved_from)
        elif kata.id in wanted and kata.id not in known:
            update.added.append(kata)
            _plan_kata(update, kata, {}, "")
        elif kata.id in known:
            # The learner has removed it, and would not want it back.
            update.kept[kata.id] = known[kata.id]
    ids = {kata.id for kata in catalogue}
    for name in sorted(known.keys() - ids):
        update.retired.append(name)
        update.kept[name] = known[name]
    _plan_pages(update, manifest.get("pages", {}))
    _plan_settings(update)
    update.older = solved_against_older_checks(workspace, [*update.katas, *update.unknown])
    return update


def _refuse_older_kit(workspace: Workspace) -> None:
    from packaging.version import InvalidVersion, Version

    try:
        newer = Version(workspace.kit) > Version(__version__)
    except InvalidVersion:
        return
    if newer:
        msg = f"this workspace was made or updated with kit {workspace.kit}, and {__version__} is installed"
        raise WorkspaceError(msg, "Update the kit first: pip install --upgrade pytest-fastapi-kata")


def _manifest(workspace: Workspace) -> dict[str, Any]:
    try:
        data = json.loads((workspace.root / MANIFEST).read_text("utf-8"))
        usable = isinstance(data["katas"], dict) and isinstance(data.get("pages", {}), dict)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return data if usable else {}


def _old_place(workspace: Workspace, kata: Kata, known: dict[str, Any]) -> str:
    """Return the folder in which an earlier kit had this kata, if the learner's files still lie there."""
    entry = known.get(kata.id)
    folder = entry.get("folder", "") if isinstance(entry, dict) else ""
    if not isinstance(folder, str) or folder in ("", kata.folder) or workspace.folder(kata).exists():
        return ""
    place = workspace.katas_root / folder
    return folder if place.is_dir() and place.resolve().is_relative_to(workspace.katas_root.resolve()) else ""


def _plan_kata(update: Update, kata: Kata, known: dict[str, Any], moved_from: str) -> None:
    is_new = kata in update.added
    base = update.workspace.pristine.get(kata.id)
    if base is None and not is_new:
        # Without the texts it was made from, the learner's work cannot be told from the kit's.
        update.unknown.append(kata)
        return
    update.katas.append(kata)
    here = update.workspace.katas_root / (moved_from or kata.folder)
    fresh = stub_contents(kata)
    for name in sorted(fresh.keys() | (base or {}).keys()):
        change = _decide(here / name, (base or {}).get(name), fresh.get(name))
        if change is not None:
            update.changes.append(Change(f"katas/{kata.folder}/{name}", *change, kata))
    entry = known.get(kata.id)
    before = entry.get("readme") if isinstance(entry, dict) else None
    page = _decide_page(here / "README.md", before, readme_page(kata), missing_is_fine=not is_new)
    if page is not None:
        update.changes.append(Change(f"katas/{kata.folder}/README.md", *page, kata))


def _decide(path: Path, base: bytes | None, fresh: bytes | None) -> tuple[Action, bytes] | None:
    """Return what becomes of one of the learner's files, or None if it stays as it is."""
    if fresh == base:
        return None
    if path.is_file() and not path.is_symlink():
        return _decide_file(path, base, fresh)
    if fresh is None:
        return None
    # What stands in its place, or that nothing does any more, is the learner's doing.
    is_theirs = path.exists() or path.is_symlink() or base is not None
    return ("conflict" if is_theirs else "add"), fresh


def _decide_file(path: Path, base: bytes | None, fresh: bytes | None) -> tuple[Action, bytes] | None:
    raw = path.read_bytes()
    ours = raw.replace(b"\r\n", b"\n")
    if fresh is None:
        # The kit needs it no longer; what the learner has made of it is their own.
        return ("remove", b"") if ours == base else None
    if ours == fresh:
        return None
    if ours == base:
        return "replace", _with_line_ends_of(raw, fresh)
    merged = None if base is None else _merged(path, base, ours, fresh)
    return ("conflict", fresh) if merged is None else ("merge", _with_line_ends_of(raw, merged))


def _merged(path: Path, base: bytes, ours: bytes, fresh: bytes) -> bytes | None:
    try:
        text = merge(base.decode(), ours.decode(), fresh.decode())
    except UnicodeDecodeError:
        return None
    if text is None or (path.suffix == ".py" and _is_python(ours.decode()) and not _is_python(text)):
        return None
    return text.encode()


def _is_python(text: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(text, "app.py", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def _with_line_ends_of(raw: bytes, text: bytes) -> bytes:
    return text.replace(b"\n", b"\r\n") if b"\r\n" in raw else text


def _plan_pages(update: Update, known: dict[str, Any]) -> None:
    for topic, katas in by_topic(update.katas):
        path = f"katas/{topic.folder}/README.md"
        page = topic_page(topic, katas)
        change = _decide_page(
            update.workspace.root / path, known.get(topic.folder), page, missing_is_fine=topic.folder in known
        )
        if change is not None:
            update.changes.append(Change(path, *change))


def _decide_page(path: Path, before: object, fresh: str, *, missing_is_fine: bool) -> tuple[Action, bytes] | None:
    """Return what becomes of a page of instructions; of the earlier text, only its digest is known."""
    content = fresh.encode()
    if hashlib.sha256(content).hexdigest() == before:
        return None
    if not (path.exists() or path.is_symlink()):
        return None if missing_is_fine else ("add", content)
    if path.is_symlink() or not path.is_file():
        return "conflict", content
    raw = path.read_bytes()
    ours = raw.replace(b"\r\n", b"\n")
    if ours == content:
        return None
    if hashlib.sha256(ours).hexdigest() == before:
        return "replace", _with_line_ends_of(raw, content)
    return "conflict", content


def _plan_settings(update: Update) -> None:
    """Let the workspace's files name this kit; other lines of them belong to the learner."""
    for name in CHOSEN_FILES:
        file = update.workspace.root / name
        if not file.is_file() or file.is_symlink():
            continue
        try:
            text = file.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        changed = _REQUIREMENT.sub(lambda _: requirement(), text)
        if name == "pyproject.toml":
            changed = re.sub(
                r'(?m)^(\[tool\.fastapi-kata\](?:\r?\n(?!\[).*)*?\r?\nkit\s*=\s*)"[^"\r\n]*"',
                lambda found: f'{found[1]}"{__version__}"',
                changed,
                count=1,
            )
        if changed != text:
            update.changes.append(Change(name, "replace", changed.encode()))


def solved_against_older_checks(workspace: Workspace, katas: list[Kata]) -> list[Kata]:
    """Return the katas that were solved, but whose checks are others by now."""
    entries = Record(workspace).read()
    return [kata for kata in katas if _is_older(entries.get(kata.id, {}), kata)]


def _is_older(entry: dict[str, Any], kata: Kata) -> bool:
    known = entry.get("checks")
    return "solved_at" in entry and isinstance(known, str) and known != checks_digest(kata)[: len(known)]
