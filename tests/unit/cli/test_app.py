"""The commands put together: help, version, and errors in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.cli.app import COMMANDS, app
from tests.unit.conftest import Command, Desk


def test_the_version(command: Command) -> None:
    """In one line."""
    told = command("--version")
    assert (0, f"pytest-fastapi-kata {__version__}\n", "") == (told.code, told.out, told.err)


def test_help_names_every_command() -> None:
    """It is shown when nothing was asked for."""
    text = CliRunner().invoke(app, []).output
    assert COMMANDS.keys() <= {line.split()[0] for line in text.splitlines() if line.startswith("  ")}
    assert "fastapi-kata new my-katas" in text


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_has_an_example(name: str) -> None:
    """In its help."""
    result = CliRunner().invoke(app, [name, "--help"])
    assert 0 == result.exit_code
    assert f"Example: fastapi-kata {name}" in result.output


@pytest.mark.parametrize("arguments", [["hnit"], ["hint", "--agian"], ["reset"], ["verify", "--jobs", "0"]])
def test_what_cannot_be_understood(command: Command, arguments: list[str]) -> None:
    """Typer says so."""
    told = command(*arguments)
    assert 2 == told.code
    assert told.err.startswith("Usage: ")


@pytest.mark.parametrize("arguments", [["next"], ["hint"], ["answer", "q901"], ["solution"], ["reset", "q901"]])
def test_outside_of_a_workspace(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """What is missing and what to do stand on standard error; there is no traceback."""
    monkeypatch.chdir(tmp_path)
    told = command(*arguments)
    assert (2, "") == (told.code, told.out)
    assert told.err.startswith(f"fastapi-kata: {tmp_path} is not in a workspace\nGo to your workspace (cd my-katas)")


def test_an_unknown_kata_gets_a_suggestion(command: Command, desk: Desk) -> None:
    """From any command that takes one."""
    for name in ("hint", "answer", "solution", "reset"):
        told = command(name, "q903")
        assert (2, "") == (told.code, told.out)
        assert "fastapi-kata: there is no kata 'q903'\nDid you mean q90" in told.err


def test_the_command_line_does_not_import_what_only_checks_need() -> None:
    """A command that shows a text starts quickly."""
    script = (
        "import sys; import pytest_fastapi_kata.cli.app; "
        "print([name for name in ('fastapi', 'httpx', 'pytest', 'cookiecutter') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "[]" == result.stdout.strip()
