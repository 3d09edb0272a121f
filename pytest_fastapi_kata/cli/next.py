"""``fastapi-kata next``: which kata to open now."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.show import echo, width
from pytest_fastapi_kata.reports.overview import next_kata, next_step


def next_one(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the kata as JSON instead; null if none is left.")
    ] = False,
) -> None:
    """Say which kata to open now, and where it lies.

    Example: fastapi-kata next
    """
    context = open_context()
    results = context.standings()
    if not as_json:
        echo(next_step(results, width()))
        return
    following = next_kata(results)
    facts = following and {
        "id": following.kata.id,
        "slug": following.kata.slug,
        "title": following.kata.title,
        "question": following.kata.question,
        "status": following.status,
        "readme": str(context.workspace.folder(following.kata) / "README.md"),
        "entry": str(context.workspace.entry(following.kata)),
    }
    typer.echo(json.dumps(facts, indent=2, ensure_ascii=False))
