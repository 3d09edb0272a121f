"""``fastapi-kata sync``: one record of progress out of those of several machines."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Annotated, Any

import typer

from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.show import echo
from pytest_fastapi_kata.exceptions import KataError, WorkspaceError
from pytest_fastapi_kata.progress import FORMAT_VERSION, Record
from pytest_fastapi_kata.recordmerge import mended, merge_records
from pytest_fastapi_kata.reports.lines import line
from pytest_fastapi_kata.workspace import Workspace

DRIVER = "fastapi-kata"
ATTRIBUTES = (f".kata/progress.json merge={DRIVER}", f".kata/interview.json merge={DRIVER}")


def sync(
    file: Annotated[Path | None, typer.Argument(help="The progress.json of another machine.")] = None,
    install: Annotated[
        bool, typer.Option("--install", help="Let git merge the record by itself, in this clone of your workspace.")
    ] = False,
    driver: Annotated[
        tuple[Path, Path, Path] | None,
        typer.Option(help="What git calls: the common base, ours (written to), theirs.", metavar="BASE OURS THEIRS"),
    ] = None,
) -> None:
    """Merge the progress of another machine into this workspace; what was solved on either of them counts.

    Without a file, a record in which git left a conflict is mended.

    Example: fastapi-kata sync ~/laptop/my-katas/.kata/progress.json
    """
    if driver is not None:
        _merge_for_git(*driver)
        return
    context = open_context()
    if install:
        _install(context.workspace)
        return
    before = _solved(context.record)
    other: dict[str, Any] = {} if file is None else _read(file)
    context.record.take_in(other)
    for note in context.record.notes:
        echo([line((note, "warn"))])
    after = _solved(context.record)
    echo([line((f"{len(after)} solved", "good"), f", {len(after - before)} of them new here.")])


def _solved(record: Record) -> set[str]:
    return {name for name, entry in record.read().items() if "solved_at" in entry}


def _read(file: Path) -> dict[str, Any]:
    """Return a record of another machine, mended if git left a conflict in it."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        msg = f"{file} cannot be read: {reason}"
        raise KataError(msg, "Give the .kata/progress.json of the other machine's workspace.") from None
    try:
        data = json.loads(text)
    except ValueError:
        data = mended(text)
    if not isinstance(data, dict) or not isinstance(data.get("katas"), dict):
        msg = f"{file} is not a record of progress"
        raise KataError(msg, "Give the .kata/progress.json of the other machine's workspace.")
    version = data.get("format_version")
    if isinstance(version, int) and version > FORMAT_VERSION:
        msg = f"{file} was written by a newer kit"
        raise KataError(msg, "Update the kit: pip install --upgrade pytest-fastapi-kata")
    return data


def _merge_for_git(base: Path, ours: Path, theirs: Path) -> None:
    # An empty base is what git gives when both sides have added the file.
    before = _read(base) if base.stat().st_size else {}
    merged = merge_records(_read(ours), _read(theirs), before)
    text = json.dumps(merged, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    ours.write_text(text, encoding="utf-8", newline="\n")


def _install(workspace: Workspace) -> None:
    git = shutil.which("git")
    if git is None:
        msg = "git is not installed, or not on the PATH"
        raise WorkspaceError(msg, "Install it, or merge by hand: fastapi-kata sync FILE")
    command = f"{DRIVER} sync --driver %O %A %B"
    settings = {f"merge.{DRIVER}.name": "progress of FastAPI katas", f"merge.{DRIVER}.driver": command}
    for key, value in settings.items():
        done = subprocess.run(
            [git, "config", key, value], cwd=workspace.root, capture_output=True, text=True, check=False
        )
        if done.returncode:
            msg = f"git cannot be set up here: {done.stderr.strip()}"
            raise WorkspaceError(msg, f"Make the workspace a repository first: git -C {workspace.root} init")
    file = workspace.root / ".gitattributes"
    present = file.read_text("utf-8") if file.exists() else ""
    missing = [one for one in ATTRIBUTES if one not in present.splitlines()]
    if missing:
        gap = "" if not present or present.endswith("\n") else "\n"
        file.write_text(present + gap + "\n".join(missing) + "\n", encoding="utf-8", newline="\n")
    echo([line(("git merges your progress by itself now", "good"), ", in this clone. Commit .gitattributes.")])
