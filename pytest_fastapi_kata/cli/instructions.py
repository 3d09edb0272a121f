"""``fastapi-kata show``: what a kata asks for, rendered in the terminal."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer

from pytest_fastapi_kata.cli.context import Context, open_context
from pytest_fastapi_kata.cli.hint import Name
from pytest_fastapi_kata.cli.show import fitting, width
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.reports.lines import harmless_lines
from pytest_fastapi_kata.texts import instructions, without_brackets


def show(
    kata: Name = None,
    raw: Annotated[bool, typer.Option("--raw", help="Show the Markdown as it is, as a pipe gets it.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is known of the kata as JSON instead.")] = False,
) -> None:
    """Show what a kata asks for: its README, rendered.

    Example: fastapi-kata show q011
    """
    context = open_context()
    found = context.kata(kata)
    if as_json:
        typer.echo(json.dumps(_facts(context, found), indent=2))
        return
    text = "\n".join(harmless_lines(instructions(found, context.workspace.folder(found))))
    if raw or not sys.stdout.isatty():
        typer.echo("\n".join(map(fitting, text.split("\n"))))
        return
    for one in _rendered(text).split("\n"):
        typer.echo(fitting(one))


def _rendered(text: str) -> str:
    from rich.console import Console  # only where there is a terminal to show it
    from rich.markdown import Markdown

    console = Console(width=width())
    with console.capture() as captured:
        # Addresses are written out: not every terminal can follow a hidden one.
        console.print(Markdown(without_brackets(text), hyperlinks=False))
    return captured.get().rstrip()


def _facts(context: Context, kata: Kata) -> dict[str, Any]:
    return {
        "id": kata.id,
        "slug": kata.slug,
        "title": kata.title,
        "question": kata.question,
        "topic": kata.topic.folder,
        "level": kata.level,
        "status": context.standing(kata).status,
        "folder": str(context.workspace.folder(kata)),
        "entry": str(context.workspace.entry(kata)),
        "checks": [check.title for check in kata.checks],
        "needs": list(kata.needs),
        "docs": list(kata.docs),
        "readme": instructions(kata, context.workspace.folder(kata)),
    }
