"""``fastapi-kata completion``: what makes the Tab key know the commands and katas."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pytest_fastapi_kata.cli.app import COMPLETE, PROGRAM
from pytest_fastapi_kata.cli.show import echo
from pytest_fastapi_kata.reports.lines import line


class Shell(StrEnum):
    """The shells that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


_WHERE = {
    Shell.BASH: "echo 'eval \"$(fastapi-kata completion bash)\"' >> ~/.bashrc",
    Shell.ZSH: "echo 'eval \"$(fastapi-kata completion zsh)\"' >> ~/.zshrc",
    Shell.FISH: "fastapi-kata completion fish > ~/.config/fish/completions/fastapi-kata.fish",
    Shell.POWERSHELL: "fastapi-kata completion powershell >> $PROFILE",
}


def completion(
    shell: Annotated[Shell | None, typer.Argument(help="Without it, it is said how to set completion up.")] = None,
) -> None:
    """Print a script that lets your shell complete commands, options and katas.

    Example: fastapi-kata completion bash
    """
    if shell is None:
        echo([line("Once, in your shell; it works from the next terminal on:"), line()])
        echo(line(f"  {name.value:<11}", (command, "code")) for name, command in _WHERE.items())
        return
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    name = "pwsh" if shell is Shell.POWERSHELL else shell.value
    script = get_completion_script(prog_name=PROGRAM, complete_var=COMPLETE, shell=name)
    if shell is Shell.ZSH:
        # As typer writes it, for a file of its own; in .zshrc the function must be made known.
        script = script.replace(f"#compdef {PROGRAM}\n", "autoload -Uz compinit && compinit\n", 1)
    typer.echo(script)
