"""Opening a file in the learner's editor."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_fastapi_kata.exceptions import WorkspaceError

_VARIABLES = ("FASTAPI_KATA_EDITOR", "VISUAL", "EDITOR")
_REMEDY = "Say which editor you use: export EDITOR=nano (or code, vim, …), or --with nano"


def editor_command(wanted: str | None = None, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return the command that opens a file, without the file.

    It is ``wanted``, else what the environment names, else VS Code if its
    terminal is where this runs, else what the system opens a text with.

    Raises:
        WorkspaceError: there is none, or it is not installed.
    """
    named = wanted or next((environment[name] for name in _VARIABLES if environment.get(name)), "")
    if named:
        return _installed(_split(named), named)
    if environment.get("TERM_PROGRAM") == "vscode" and shutil.which("code"):
        return ["code"]
    command = _systems_own(environment)
    if command is None:
        msg = "no editor is known here"
        raise WorkspaceError(msg, _REMEDY)
    return command


def _split(text: str) -> list[str]:
    try:
        # A path of Windows has backslashes, which are nothing special there.
        parts = shlex.split(text, posix=os.name != "nt")
    except ValueError:
        parts = []
    if not parts:
        msg = f"{text!r} cannot be read as a command"
        raise WorkspaceError(msg, _REMEDY)
    return [part.strip('"') for part in parts] if os.name == "nt" else parts


def _installed(command: list[str], named: str) -> list[str]:
    found = shutil.which(command[0])
    if found is None:
        msg = f"the editor {named!r} is not installed, or not on the PATH"
        raise WorkspaceError(msg, _REMEDY)
    return [found, *command[1:]]


def _systems_own(environment: Mapping[str, str]) -> list[str] | None:
    if sys.platform == "darwin":
        return ["open", "-t"]
    if os.name == "nt":
        return ["notepad"]
    if environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"):
        opener = shutil.which("xdg-open")
        if opener:
            return [opener]
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None  # the ones that are left paint on a terminal
    return next(([found] for name in ("editor", "nano", "vi") if (found := shutil.which(name))), None)


def open_in_editor(files: Sequence[Path], folder: Path, wanted: str | None = None) -> int:
    """Open files in the editor, and return its exit code when it ends or has handed them to a window.

    Raises:
        WorkspaceError: there is no editor, or it cannot be started.
    """
    command = editor_command(wanted)
    try:
        return subprocess.run([*command, *map(str, files)], cwd=folder, check=False).returncode
    except OSError as error:
        msg = f"{command[0]} cannot be started: {error.strerror}"
        raise WorkspaceError(msg, _REMEDY) from None
