"""Commands that are imported when they are called."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from pytest_fastapi_kata.cli.loading import AsItIs, LazyCommands, QuickCommand


def test_a_command_is_imported_when_it_is_asked_for() -> None:
    """Their names are known before."""
    commands = LazyCommands({"next": "next:next_one", "nowhere": "nowhere:nothing"})
    assert ["next", "nowhere"] == list(commands)
    assert "next" == commands["next"].name
    with pytest.raises(ModuleNotFoundError):
        commands["nowhere"]


def test_it_is_a_mapping_that_can_be_changed() -> None:
    """As the groups of typer have it."""
    commands = LazyCommands({"next": "next:next_one"})
    commands["more"] = "anything"
    assert ("anything", 2) == (commands["more"], len(commands))
    del commands["more"], commands["next"]
    assert {} == dict(commands)


def test_a_value_as_it_is() -> None:
    """What is of the right type already, or not given, needs no conversion."""
    assert ["x", None] == [AsItIs(str).coerce(value, param=None, ctx=None) for value in ("x", None)]


@pytest.mark.parametrize(("given", "code"), [("8", 0), ("eight", 2)])
def test_what_needs_conversion_is_converted_as_ever(given: str, code: int) -> None:
    """Numbers are numbers, and what is none is refused."""
    app = typer.Typer(add_completion=False)

    @app.command(cls=QuickCommand)
    def double(number: Annotated[int, typer.Option()] = 2) -> None:
        typer.echo(number * 2)

    result = CliRunner().invoke(app, ["--number", given])
    assert code == result.exit_code
    assert ("16\n" == result.output) == (code == 0)
    assert "4\n" == CliRunner().invoke(app, []).output


@pytest.mark.parametrize("arguments", [["--version"], ["hint", "--help"], ["hint", "nothing"], ["next"]])
def test_a_short_command_needs_neither_pydantic_nor_other_commands(arguments: list[str]) -> None:
    """Their imports would take longer than all the rest."""
    script = (
        "import sys; from pytest_fastapi_kata.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'pydantic', 'fastapi', 'pytest_fastapi_kata.cli.verify'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    assert "[]" == result.stdout.splitlines()[-1]
