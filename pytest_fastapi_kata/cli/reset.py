"""``fastapi-kata reset``: the stub again, with a backup of what was there."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.hint import beginning_with
from pytest_fastapi_kata.cli.show import echo
from pytest_fastapi_kata.reports.lines import line
from pytest_fastapi_kata.scaffold import lay_out_kata


def reset(
    kata: Annotated[str, typer.Argument(help="Id or slug of the kata.", autocompletion=beginning_with)],
) -> None:
    """Lay a kata's stub out again; what you wrote is kept as a backup.

    Example: fastapi-kata reset q011
    """
    context = open_context()
    found = context.catalogue.find(kata)
    folder = context.workspace.folder(found)
    backup = _set_aside(folder, context.workspace.record / "backups" / found.slug)
    lay_out_kata(found, folder)
    echo([line("The stub is back in ", (str(folder.relative_to(context.workspace.root)), "code"))])
    if backup is not None:
        echo([line("What you had is kept in ", (str(backup.relative_to(context.workspace.root)), "code"))])


def _set_aside(folder: Path, backups: Path) -> Path | None:
    if not (folder.exists() or folder.is_symlink()):
        return None
    name = datetime.now().astimezone().strftime("%Y-%m-%d_%H%M%S")
    target, number = backups / name, 1
    while target.exists():
        number += 1
        target = backups / f"{name}_{number}"
    backups.mkdir(parents=True, exist_ok=True)
    shutil.move(folder, target)
    return target
