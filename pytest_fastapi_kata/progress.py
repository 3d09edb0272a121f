"""The learner's record, meant to be committed, and the cache of results, which is not."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.recordmerge import mended, merge_records
from pytest_fastapi_kata.results import CheckResult, KataResult
from pytest_fastapi_kata.verdict import conclude
from pytest_fastapi_kata.workspace import Workspace

FORMAT_VERSION = 1
LOCK_SECONDS = 20.0
_JUDGES = ("fastapi", "starlette", "pydantic")


@cache
def installed(distribution: str) -> str:
    """Return the installed version of a distribution, or an empty text."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


@cache
def _environment_key() -> str:
    versions = [f"{name} {installed(name)}" for name in _JUDGES]
    return "/".join([__version__, platform.python_version(), *versions])


def checks_digest(kata: Kata) -> str:
    """Return a digest of what judges a kata: its checks and its metadata."""
    digest = hashlib.sha256()
    for path in (kata.acceptance, kata.path / "kata.toml"):
        with contextlib.suppress(OSError):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def result_key(workspace: Workspace, kata: Kata) -> str:
    """Return under what a result holds: a digest of the learner's files, and one of all that judges them.

    That is the checks, the kit, Python and FastAPI.
    """
    judge = "\n".join([checks_digest(kata), _environment_key()])
    return f"{workspace.digest(kata)}-{hashlib.sha256(judge.encode()).hexdigest()}"


class JsonFile:
    """A JSON object in a file: read with care, changed under a lock, replaced in one step."""

    def __init__(self, file: Path, lock: Path, notes: list[str]) -> None:
        self.file = file
        self._lock = lock
        self._notes = notes

    def _note(self, text: str) -> None:
        if text not in self._notes:
            self._notes.append(text)

    def read(self) -> dict[str, Any]:
        """Return the object, or a new one; a broken file is set aside and noted."""
        try:
            content = self.file.read_bytes()
        except FileNotFoundError:
            return _empty()
        except OSError as error:
            self._note(f"{self.file} cannot be read ({error.strerror}).")
            return _empty()
        try:
            data = json.loads(content.decode())
        except (ValueError, RecursionError):
            data = mended(content.decode("utf-8", "replace"))
            if data is None:
                self._set_aside("is not valid JSON")
                return _empty()
            self._note(f"{self.file.name} has a merge conflict in it; both sides of it count.")
        if not isinstance(data, dict) or not isinstance(data.get("katas"), dict):
            self._set_aside("is not of this kit's format")
            return _empty()
        return data

    def _set_aside(self, why: str) -> None:
        number = 1
        while (target := self.file.with_name(f"{self.file.name}.broken-{number}")).exists():
            number += 1
        try:
            self.file.replace(target)
        except OSError as error:
            self._note(f"{self.file} {why}, and cannot be set aside ({error.strerror}).")
            return
        self._note(f"{self.file.name} {why}. It was kept as {target.name}, and a new one begun.")

    def change(self, edit: Callable[[dict[str, Any]], None]) -> None:
        """Read, edit and replace the file under the lock; if that is impossible, note it and leave it."""
        # Whoever only reads needs no lock, and no time for this import.
        from filelock import FileLock, Timeout

        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._lock, timeout=LOCK_SECONDS):
                data = self.read()
                version = data.get("format_version")
                if isinstance(version, int) and version > FORMAT_VERSION:
                    self._note(f"{self.file.name} was written by a newer kit and was left alone: update the kit.")
                    return
                edit(data)
                self._replace(data)
        except Timeout:
            self._note(f"{self.file.name} was not updated: another run has held its lock for {LOCK_SECONDS:g} s.")
        except OSError as error:
            self._note(f"{self.file} could not be written ({error.strerror}), so this run was not recorded.")

    def _replace(self, data: dict[str, Any]) -> None:
        if self.file.exists() and not os.access(self.file, os.W_OK):
            raise PermissionError(13, "Permission denied", str(self.file))
        text = json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
        handle, name = tempfile.mkstemp(dir=self.file.parent, prefix=f".{self.file.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
                stream.write(text)
            Path(name).chmod(0o644)
            Path(name).replace(self.file)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise


def _empty() -> dict[str, Any]:
    return {"format_version": FORMAT_VERSION, "katas": {}}


class Record:
    """``.kata/progress.json``: attempts, what was solved when and with which kit, hints and solutions looked at."""

    def __init__(self, workspace: Workspace) -> None:
        self.notes: list[str] = []
        self._file = JsonFile(
            workspace.record / "progress.json", workspace.record / "cache" / "progress.lock", self.notes
        )

    def read(self) -> dict[str, dict[str, Any]]:
        """Return what is known of each kata, by id."""
        entries: dict[str, dict[str, Any]] = self._file.read()["katas"]
        return {name: entry for name, entry in entries.items() if isinstance(entry, dict)}

    def entry(self, kata: Kata) -> dict[str, Any]:
        """Return what is known of one kata."""
        return self.read().get(kata.id, {})

    def note_results(self, results: list[tuple[KataResult, bool]]) -> None:
        """Record results that were just obtained; the flag says that the code had changed since the last one."""

        def edit(data: dict[str, Any]) -> None:
            for result, changed in results:
                self._note_result(self._entry_in(data, result.kata), result, changed=changed)

        if results:
            self._file.change(edit)

    def take_in(self, other: dict[str, Any]) -> None:
        """Merge the record of another machine into this one; see ``recordmerge``."""

        def edit(data: dict[str, Any]) -> None:
            merged = merge_records(data, other, {})
            data.update(merged)

        self._file.change(edit)

    @staticmethod
    def _note_result(entry: dict[str, Any], result: KataResult, *, changed: bool) -> None:
        if changed and "solved_at" not in entry:
            entry["attempts"] = _count(entry, "attempts") + 1
        if result.status == "solved":
            entry.setdefault("solved_at", _now())
            entry["solved_with"] = __version__
            entry["checks"] = checks_digest(result.kata)[:16]

    def note_look(self, kata: Kata, what: str, count: int) -> None:
        """Record that the learner looked at something: ``hints`` (how many so far), ``answer`` or ``solution``."""

        def edit(data: dict[str, Any]) -> None:
            entry = self._entry_in(data, kata)
            entry[what] = max(_count(entry, what), count)

        self._file.change(edit)

    @staticmethod
    def _entry_in(data: dict[str, Any], kata: Kata) -> dict[str, Any]:
        entries: dict[str, Any] = data["katas"]
        if not isinstance(entries.get(kata.id), dict):
            entries[kata.id] = {}
        entry: dict[str, Any] = entries[kata.id]
        return entry


def _count(entry: dict[str, Any], key: str) -> int:
    value = entry.get(key, 0)
    return value if isinstance(value, int) else 0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class ResultCache:
    """``.kata/cache/results.json``: the last result of each kata, and the digest under which it holds."""

    def __init__(self, workspace: Workspace) -> None:
        self.notes: list[str] = []
        folder = workspace.record / "cache"
        self._workspace = workspace
        self._file = JsonFile(folder / "results.json", folder / "results.lock", self.notes)
        self._entries: dict[str, Any] | None = None

    @property
    def entries(self) -> dict[str, Any]:
        """What the file holds, read once."""
        if self._entries is None:
            entries: dict[str, Any] = self._file.read()["katas"]
            self._entries = entries
        return self._entries

    def has_changed(self, kata: Kata, key: str) -> bool:
        """Say whether the last result of a kata was obtained under another key, or there is none."""
        entry = self.entries.get(kata.id)
        return not isinstance(entry, dict) or entry.get("key") != key

    def get(self, kata: Kata) -> KataResult | None:
        """Return the last result of a kata if nothing it depends on has changed."""
        entry = self.entries.get(kata.id)
        if not isinstance(entry, dict) or entry.get("key") != result_key(self._workspace, kata):
            return None
        return self.last(kata)

    def get_outdated(self, kata: Kata) -> KataResult | None:
        """Return the last result of a kata if the learner's files are the same, whatever else has changed."""
        entry = self.entries.get(kata.id)
        key = entry.get("key") if isinstance(entry, dict) else None
        if not isinstance(key, str) or key.partition("-")[0] != self._workspace.digest(kata):
            return None
        return self.last(kata)

    def last(self, kata: Kata) -> KataResult | None:
        """Return the last result of a kata, whether it still holds or not."""
        entry: Any = self.entries.get(kata.id)
        try:
            checks = tuple(CheckResult.from_json(check) for check in entry["checks"])
            result = conclude(kata, checks, float(entry["seconds"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            return None
        return KataResult(**{**vars(result), "cached": True})

    def put(self, results: list[tuple[KataResult, str]]) -> None:
        """Store results with the keys under which they were obtained."""

        def edit(data: dict[str, Any]) -> None:
            for result, key in results:
                data["katas"][result.kata.id] = {
                    "key": key,
                    "seconds": round(result.seconds, 4),
                    "checks": [check.to_json() for check in result.checks],
                }
            self._entries = data["katas"]

        if results:
            self._file.change(edit)


def all_notes(*stores: Record | ResultCache) -> Iterator[str]:
    """Yield what the stores had to say, each thing once."""
    yield from dict.fromkeys(note for store in stores for note in store.notes)
