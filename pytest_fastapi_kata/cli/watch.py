"""``fastapi-kata watch``: the verdict at each save."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer

from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.hint import Name
from pytest_fastapi_kata.cli.show import echo
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.reports.lines import Line, line


class Isolation(StrEnum):
    """How the worker that runs your code comes into being."""

    AUTO = "auto"
    FORK = "fork"
    SPAWN = "spawn"


def watch(  # noqa: PLR0913, PLR0917 - one parameter for each option
    kata: Name = None,
    poll: Annotated[
        bool, typer.Option("--poll", help="Look at the files again and again: for network mounts and containers.")
    ] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Plain lines, as without a terminal; no keys.")] = False,
    editor: Annotated[str | None, typer.Option("--with", help="The editor that the key o opens.")] = None,
    seed: Annotated[int | None, typer.Option(help="Make up the same values in each run.")] = None,
    isolation: Annotated[Isolation, typer.Option(help="How the worker is started.")] = Isolation.AUTO,
) -> None:
    """Watch a kata: each save is checked at once, and the keys do the rest. It never moves on by itself.

    Example: fastapi-kata watch q011
    """
    from pytest_fastapi_kata.isolation.processes import Mode, default_mode
    from pytest_fastapi_kata.watch.supervisor import Hands, Settings, is_terminal
    from pytest_fastapi_kata.watch.supervisor import watch as supervise

    context = open_context()
    found = context.kata(kata)
    mode: Mode = default_mode() if isolation is Isolation.AUTO else "fork" if isolation is Isolation.FORK else "spawn"
    settings = Settings(mode, poll, plain or not is_terminal(), seed, editor)
    session = supervise(context.workspace, context.catalogue, found, settings, Hands(_write, _reset))
    if not settings.plain:
        count = f"{session.solved} of {len(session.results)} solved. "
        echo([line(count, ("fastapi-kata watch", "code"), " goes on from here.")])


def _write(lines: Iterable[Line]) -> None:
    echo(lines)
    sys.stdout.flush()


def _reset(kata: Kata) -> str:
    from pytest_fastapi_kata.cli.reset import reset

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        reset(kata.id)
    return ". ".join(said.getvalue().strip().split("\n"))
