"""``fastapi-kata update``: the workspace brought up to the installed kit."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.applying import apply_update
from pytest_fastapi_kata.cli.check import run_pytest
from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.show import echo
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.reports.lines import Line, Style, harmless, line
from pytest_fastapi_kata.updating import CHOSEN_FILES, Action, Change, Update, plan_update

_WORDS: dict[Action, str] = {
    "add": "new",
    "replace": "replaced: you had not changed it",
    "merge": "merged with your changes",
    "conflict": "left as you have it; the kit's is in {name}.new",
    "remove": "removed: it is needed no longer, and you had not changed it",
}


def update(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    run: Annotated[bool, typer.Option(help="Check the solved katas again whose checks have changed.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is done as JSON, and check nothing.")] = False,
) -> None:
    """Bring the workspace up to the installed kit: new and improved katas arrive, and your work stays.

    A file that you did not change is replaced. Your changes and the kit's are merged where they do not meet; where
    they do, your file stays and the kit's is laid beside it. Exit code 1 if there is something to look at.

    Example: fastapi-kata update --dry-run
    """
    context = open_context()
    planned = plan_update(context.workspace, context.catalogue)
    backup = None if dry_run or planned.is_empty else apply_update(planned)
    if as_json:
        typer.echo(json.dumps(_facts(planned, backup, done=not dry_run), indent=2, ensure_ascii=False))
        raise typer.Exit(int(bool(planned.conflicts)))
    echo(_lines(planned, backup, done=not dry_run))
    code = int(bool(planned.conflicts))
    if run and not dry_run and planned.older:
        sys.stdout.flush()
        code = max(code, int(run_pytest(context.workspace, planned.older, []) != 0))
    raise typer.Exit(code)


def _lines(planned: Update, backup: Path | None, *, done: bool) -> Iterator[Line]:
    root = planned.workspace.root
    if planned.is_empty:
        yield line(("Up to date", "good"), f" with kit {__version__}.")
    for kata, folder in planned.moved:
        yield line(f"{kata.id} moves from katas/{folder} to katas/{kata.folder}.")
    if planned.added:
        yield line((f"New katas: {len(planned.added)}", "strong"))
    for kata in planned.added:
        yield line(("  + ", "good"), f"{kata.id} · {harmless(kata.title)}")
    yield from _changed(planned)
    yield from _left_alone(planned)
    if planned.conflicts:
        yield line()
        yield line("Compare each file with its .new, take over what you like, and delete the .new.")
    if backup is not None:
        yield line("What was there before is kept in ", (str(backup.relative_to(root)), "code"))
    if planned.older:
        yield line()
        names = ", ".join(kata.id for kata in planned.older)
        yield line((f"Solved against an older version: {names}", "warn"))
    if not done and not planned.is_empty:
        yield line()
        yield line("Nothing was changed. To do it: ", ("fastapi-kata update", "code"))


def _changed(planned: Update) -> Iterator[Line]:
    changed = [kata for kata in planned.katas if kata not in planned.added and planned.of(kata)]
    if changed:
        yield line((f"Improved katas: {len(changed)}", "strong"))
    for kata in changed:
        yield line(f"  {kata.id} · {harmless(kata.title)}")
        yield from map(_file, planned.of(kata))
    others = [change for change in planned.changes if change.kata is None]
    if others:
        yield line(("Around them", "strong"))
        yield from map(_file, others)


def _file(change: Change) -> Line:
    name = change.path.split("/", 3)[-1] if change.kata else change.path
    style: Style = "warn" if change.action == "conflict" else "dim"
    words = f"names kit {__version__}" if name in CHOSEN_FILES else _WORDS[change.action].format(name=harmless(name))
    return line("    ", (harmless(name), "code"), "  ", (words, style))


def _left_alone(planned: Update) -> Iterator[Line]:
    if planned.unknown:
        yield line((f"Left as they are: {_names(planned.unknown)}", "warn"))
        yield line(
            "  .kata/stubs.json does not say what they were made from, so your work cannot be told from the kit's."
        )
        yield line("  ", ("fastapi-kata reset q011", "code"), " lays one out anew, and keeps what you have.")
    if planned.retired:
        yield line((f"No longer in the kit, and left as they are: {', '.join(planned.retired)}", "dim"))


def _names(katas: list[Kata]) -> str:
    return ", ".join(kata.id for kata in katas)


def _facts(planned: Update, backup: Path | None, *, done: bool) -> dict[str, Any]:
    return {
        "format_version": 1,
        "from": planned.workspace.kit,
        "to": __version__,
        "done": done,
        "added": [kata.id for kata in planned.added],
        "changes": [
            {"path": one.path, "action": one.action, "kata": one.kata.id if one.kata else None}
            for one in planned.changes
        ],
        "moved": [{"kata": kata.id, "from": folder, "to": kata.folder} for kata, folder in planned.moved],
        "left_alone": [kata.id for kata in planned.unknown],
        "retired": planned.retired,
        "solved_against_older_checks": [kata.id for kata in planned.older],
        "backup": str(backup) if backup else None,
    }
