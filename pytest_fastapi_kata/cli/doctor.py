"""``fastapi-kata doctor``: what may be wrong here, each thing with its remedy."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pytest_fastapi_kata.catalogue import load_catalogue
from pytest_fastapi_kata.cli.show import echo, width
from pytest_fastapi_kata.diagnosis import Severity, Symptom, examine_installation, examine_workspace
from pytest_fastapi_kata.exceptions import WorkspaceError
from pytest_fastapi_kata.reports.lines import Line, Segment, line, wrapped
from pytest_fastapi_kata.workspace import find_workspace

_MARKS: dict[Severity, Segment] = {"good": ("✓", "good"), "hint": ("•", "warn"), "problem": ("✗", "bad")}


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON instead.")] = False,
) -> None:
    """Look for what may be wrong with the installation and the workspace; exit code 1 if something is.

    Example: fastapi-kata doctor
    """
    found = list(_examine())
    problems = sum(one.severity == "problem" for one in found)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    else:
        echo(_lines(found, problems))
    raise typer.Exit(int(problems > 0))


def _examine() -> Iterator[Symptom]:
    yield from examine_installation()
    try:
        workspace = find_workspace(Path.cwd())
    except WorkspaceError as error:
        yield Symptom("workspace", "problem", error.problem, error.remedy)
        return
    yield from examine_workspace(workspace, load_catalogue())


def _lines(found: list[Symptom], problems: int) -> Iterator[Line]:
    for one in found:
        first, *rest = wrapped(one.what, width() - 14)
        yield line(_MARKS[one.severity], f" {one.about:<11} ", *first)
        for more in rest:
            yield line(" " * 14, *more)
        for number, more in enumerate(wrapped(one.remedy, width() - 17, style="code") if one.remedy else ()):
            yield line(" " * 14, ("   " if number else "→  ", "dim"), *more)
    yield line()
    if problems:
        yield line(
            (f"{problems} problem{'s' * (problems > 1)} found.", "bad"), " What the arrow points at puts it right."
        )
    else:
        yield line(("Nothing is in your way.", "good"))
