"""The commands put together, and the one place where errors become messages and exit codes."""

from __future__ import annotations

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
    "reset": "reset:reset",
    "update": "update:update",
    "verify": "verify:verify",
}
"""Where each command is, in the order of the help; a command is imported when it is called."""

app = typer.Typer(
    name="fastapi-kata",
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
    try:
        app()
    except KataError as error:
        typer.echo(f"fastapi-kata: {error}", err=True)
        sys.exit(2)
