"""``fastapi-kata hint``: one hint more."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.show import echo, width
from pytest_fastapi_kata.reports.lines import Line, line, wrapped


def beginning_with(incomplete: str) -> list[tuple[str, str]]:
    """Return the katas whose id or slug begins so, for a shell's completion."""
    from pytest_fastapi_kata.catalogue import load_catalogue

    katas = load_catalogue().katas
    by_id = [(kata.id, kata.title) for kata in katas if kata.id.startswith(incomplete)]
    return by_id or [(kata.slug, kata.title) for kata in katas if kata.slug.startswith(incomplete)]


Name = Annotated[
    str | None,
    typer.Argument(
        help="Id or slug; by default the kata of this folder, else the next one.", autocompletion=beginning_with
    ),
]


def hint(
    kata: Name = None,
    again: Annotated[bool, typer.Option("--again", help="Show the hints seen so far and no new one.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON instead.")] = False,
) -> None:
    """Show the next of a kata's three hints, and those before it.

    Example: fastapi-kata hint q011
    """
    context = open_context()
    found = context.kata(kata)
    noted = context.record.entry(found).get("hints")
    seen = max(0, noted) if isinstance(noted, int) else 0
    count = min(len(found.hints), max(seen, 1) if again else seen + 1)
    context.record.note_look(found, "hints", count)
    if as_json:
        facts = {"id": found.id, "hints": found.hints[:count], "of": len(found.hints)}
        typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
        return
    lines: list[Line] = [line((f"{found.id} · {found.title}", "strong"))]
    for number, text in enumerate(found.hints[:count], 1):
        lines += [line(), line((f"Hint {number} of {len(found.hints)}", "warn")), *wrapped(text, width())]
    result = context.standing(found)
    for check in result.failed:
        own = found.check(check.name).hint
        if own:
            lines += [line(), line((f"On “{check.title}”", "warn")), *wrapped(own, width())]
    if count == len(found.hints):
        lines += [
            line(),
            line("That was the last one. ", (f"fastapi-kata solution {found.id}", "code"), " shows an answer."),
        ]
    echo(lines)
