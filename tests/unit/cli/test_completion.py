"""``fastapi-kata completion``, and what a shell then gets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.conftest import Command


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder with the command, for the PATH."""
    script = tmp_path / "fastapi-kata"
    script.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from pytest_fastapi_kata.cli import main; main()' \"$@\"\n"
    )
    script.chmod(0o755)
    return tmp_path


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(("words", "some"), [
    (["h"], {"hint"}),
    (["hint", "q01"], {"q011", "q019"}),
    (["hint", "q011_"], {"q011_define_routes"}),
    (["reset", "q001"], {"q001"}),
    (["list", "--l"], {"--level"}),
    (["completion", "z"], {"zsh"}),
])  # fmt: skip
def test_bash_completes(path: Path, words: list[str], some: set[str]) -> None:
    """Commands, options and katas."""
    typed = " ".join(["fastapi-kata", *words])
    script = (
        'eval "$(fastapi-kata completion bash)"\n'
        f"COMP_WORDS=({typed}); COMP_CWORD={len(words)}\n"
        '_fastapi_kata_completion fastapi-kata\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    environment = os.environ | {"PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, env=environment)  # noqa: PLW1510
    found = set(done.stdout.split())
    assert ("", some) == (done.stderr, some & found)
    assert all(one.startswith(words[-1]) for one in found)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_every_shell_has_a_script(command: Command, shell: str) -> None:
    """It names the command, and how to ask it."""
    told = command("completion", shell)
    assert (0, True, True) == (told.code, "fastapi-kata" in told.out, "_FASTAPI_KATA_COMPLETE" in told.out)


def test_how_to_set_it_up(command: Command) -> None:
    """Without a shell's name."""
    told = command("completion")
    assert (0, True) == (told.code, 'eval "$(fastapi-kata completion zsh)"' in told.out)


def test_another_shell(command: Command) -> None:
    """Is refused, with those that are known."""
    told = command("completion", "tcsh")
    assert (2, True) == (told.code, "powershell" in told.err)
