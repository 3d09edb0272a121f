"""``fastapi-kata open``: the kata's file in the learner's editor."""

from __future__ import annotations

from typing import Annotated

import typer

from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.hint import Name
from pytest_fastapi_kata.editor import open_in_editor
from pytest_fastapi_kata.exceptions import WorkspaceError


def open_kata(
    kata: Name = None,
    readme: Annotated[bool, typer.Option("--readme", help="Open its README.md as well.")] = False,
    editor: Annotated[
        str | None, typer.Option("--with", help="The editor; by default that of $VISUAL or $EDITOR.")
    ] = None,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print where the file is, for another program, and open nothing.")
    ] = False,
) -> None:
    """Open the file of a kata in your editor.

    Example: fastapi-kata open q011
    """
    context = open_context()
    found = context.kata(kata)
    folder, entry = context.workspace.folder(found), context.workspace.entry(found)
    files = [entry, *([folder / "README.md"] if readme else [])]
    if only_print:
        typer.echo("\n".join(map(str, files)))
        return
    if not entry.is_file():
        msg = f"{entry.relative_to(context.workspace.root)} is missing"
        raise WorkspaceError(msg, f"`fastapi-kata reset {found.id}` lays it out again.")
    typer.echo(f"{found.id}: {' '.join(str(file.relative_to(context.workspace.root)) for file in files)}")
    code = open_in_editor(files, context.workspace.root, editor)
    if code:
        typer.echo(f"The editor ended with exit code {code}.", err=True)
        raise typer.Exit(1)
