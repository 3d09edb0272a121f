"""Does what an update plans: a backup first, then each file in one step."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from pytest_fastapi_kata.exceptions import KataError
from pytest_fastapi_kata.scaffold import MANIFEST, replace_file, write_manifest
from pytest_fastapi_kata.updating import Change, Update
from pytest_fastapi_kata.workspace import Workspace


def apply_update(update: Update) -> Path | None:
    """Do what was planned, and return the folder of the backup, if anything had to be kept.

    Each file is replaced in one step and the manifest comes last, so an update
    that was interrupted is completed by the next one.

    Raises:
        KataError: another update is running, or a file cannot be written.
    """
    with _alone(update.workspace):
        try:
            backup = _back_up(update)
            for kata, folder in update.moved:
                target = update.workspace.folder(kata)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(update.workspace.katas_root / folder, target)
            for change in update.changes:
                _apply(update.workspace.root, change)
            write_manifest(update.katas, update.workspace.root, update.kept)
        except OSError as error:
            msg = f"the update stopped, for a file cannot be written: {error}"
            raise KataError(
                msg, "What you wrote is as it was. Put that right and run `fastapi-kata update` again."
            ) from error
    return backup


@contextmanager
def _alone(workspace: Workspace) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = workspace.record / "cache" / "update.lock"
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        msg = "another update of this workspace is running"
        raise KataError(msg, "Wait until it has ended.") from None
    except OSError as error:
        msg = f"nothing was updated, for {workspace.record} cannot be written: {error}"
        raise KataError(msg, "Make the folder writable, and run `fastapi-kata update` again.") from error


def _back_up(update: Update) -> Path | None:
    """Copy every file that the update writes over or takes away."""
    root = update.workspace.root
    stamp = datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S_%f")
    backup = update.workspace.record / "backups" / f"update_{stamp}"
    moved = {f"katas/{kata.folder}/": f"katas/{folder}/" for kata, folder in update.moved}
    touched = [_before(_written(change), moved) for change in update.changes] if update.changes else []
    for name in [*touched, *([MANIFEST.as_posix()] if not update.is_empty else [])]:
        if (root / name).is_file():
            (backup / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, backup / name)
    for _, folder in update.moved:
        shutil.copytree(
            root / "katas" / folder, backup / "katas" / folder, symlinks=True, dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", ".venv", "node_modules"),
        )  # fmt: skip
    return backup if backup.is_dir() else None


def _written(change: Change) -> str:
    return f"{change.path}.new" if change.action == "conflict" else change.path


def _before(path: str, moved: dict[str, str]) -> str:
    for now, earlier in moved.items():
        if path.startswith(now):
            return earlier + path.removeprefix(now)
    return path


def _apply(root: Path, change: Change) -> None:
    target = root / _written(change)
    if change.action == "remove":
        target.unlink(missing_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    replace_file(target, change.content)
