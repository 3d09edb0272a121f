"""``fastapi-kata list``: all katas of the workspace, or of the kit."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from pytest_fastapi_kata.catalogue import load_catalogue
from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.show import echo
from pytest_fastapi_kata.exceptions import CatalogueError, WorkspaceError
from pytest_fastapi_kata.kata import LEVELS
from pytest_fastapi_kata.reports.listing import listing_lines
from pytest_fastapi_kata.results import KataResult

STATUSES = ("solved", "failing", "not_started", "broken", "timeout", "unavailable")


def list_katas(
    topic: Annotated[str | None, typer.Option(help="Only this topic, such as routing or 02_routing.")] = None,
    level: Annotated[str | None, typer.Option(help=f"Only this level: {', '.join(LEVELS)}.")] = None,
    status: Annotated[str | None, typer.Option(help=f"Only this status: {', '.join(STATUSES)}.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """List the katas with their level and where they stand.

    Example: fastapi-kata list --topic routing --status not_started
    """
    results = _all()
    _refuse_unknown("level", level, LEVELS)
    _refuse_unknown("status", status, STATUSES)
    _refuse_unknown("topic", topic, tuple(dict.fromkeys(r.kata.topic.name for r in results)), _name_of(topic))
    chosen = [
        result
        for result in results
        if (topic is None or result.kata.topic.name == _name_of(topic))
        and (level is None or result.kata.level == level)
        and (status is None or result.status == status)
    ]
    if as_json:
        typer.echo(json.dumps([_facts(result) for result in chosen], indent=2, ensure_ascii=False))
    else:
        echo(listing_lines(chosen))


def _all() -> list[KataResult]:
    try:
        return open_context().standings()
    except WorkspaceError:
        # Outside of a workspace the list still tells what there is to learn.
        return [KataResult(kata, "not_started") for kata in load_catalogue()]


def _name_of(topic: str | None) -> str | None:
    return topic.partition("_")[2] if topic and topic[:2].isdecimal() else topic


def _refuse_unknown(what: str, given: str | None, known: tuple[str, ...], name: str | None = None) -> None:
    if given is not None and (name or given) not in known:
        msg = f"there is no {what} {given!r}"
        raise CatalogueError(msg, f"One of: {', '.join(known)}")


def _facts(result: KataResult) -> dict[str, Any]:
    kata = result.kata
    return {
        "id": kata.id,
        "slug": kata.slug,
        "title": kata.title,
        "question": kata.question,
        "topic": kata.topic.folder,
        "level": kata.level,
        "status": result.status,
        "folder": f"katas/{kata.folder}",
        "note": result.note,
    }
