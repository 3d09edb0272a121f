"""The commands put together, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.cli.loading import group_of
from pytest_fastapi_kata.exceptions import KataError

COMMANDS = {
    "new": "new:new",
    "list": "list:list_katas",
    "next": "next:next_one",
    "show": "instructions:show",
    "open": "open:open_kata",
    "check": "check:check",
    "watch": "watch:watch",
    "play": "play:play",
    "hint": "hint:hint",
    "answer": "answer:answer",
    "solution": "answer:solution",
    "interview": "interview:interview",
    "reset": "reset:reset",
    "update": "update:update",
    "sync": "sync:sync",
    "doctor": "doctor:doctor",
    "completion": "completion:completion",
    "verify": "verify:verify",
}
"""Where each command is, in the order of the help; a command is imported when it is called."""
PROGRAM = "fastapi-kata"
COMPLETE = "_FASTAPI_KATA_COMPLETE"
"""The environment variable by which a shell asks for completions."""

app = typer.Typer(
    name=PROGRAM,
    cls=group_of(COMMANDS),
    help="Learn FastAPI kata by kata. Start with `fastapi-kata new my-katas`, then `pytest --kata-progress` in it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"pytest-fastapi-kata {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    del version


def run() -> None:
    """Run the command line; errors that somebody can put right are said in words, with exit code 2."""
    if COMPLETE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()
    try:
        app(prog_name=PROGRAM)
    except KataError as error:
        typer.echo(f"fastapi-kata: {error}", err=True)
        sys.exit(2)
