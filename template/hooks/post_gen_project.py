"""Lays out the chosen katas in the new workspace, and takes away what was not asked for."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

# cookiecutter fills these in. A JSON text is a Python text, too, whatever characters it holds.
TEMPLATE = {{ template_folder | tojson }}
STARTED_IN = {{ started_in | tojson }}
TOPICS = {{ cookiecutter.topics | tojson }}
LEVELS = {{ cookiecutter.levels | tojson }}
EDITOR = {{ cookiecutter.editor | tojson }}
CI = {{ cookiecutter.ci | tojson }}
PACKAGE_MANAGER = {{ cookiecutter.package_manager | tojson }}

NOT_WANTED = {
    ".vscode": EDITOR != "vscode",
    ".github": CI != "github",
    "requirements.txt": PACKAGE_MANAGER != "pip",
}

sys.path.insert(0, TEMPLATE)


def main() -> int:
    """Do the work; on failure say why, and leave the folder as empty as it was."""
    from fastapi_kata_template import load_katas, load_kit  # noqa: PLC0415 - importable by the line above

    kit = load_kit()
    workspace = Path.cwd()
    try:
        catalogue = load_katas()
        katas = kit.choose(catalogue, TOPICS, LEVELS)
        kit.lay_out(katas, workspace)
        kit.write_manifest(katas, workspace)
        for name, unwanted in NOT_WANTED.items():
            if unwanted:
                remove(workspace / name)
    except (kit.KataError, OSError) as error:
        for path in workspace.iterdir():
            remove(path)
        say(f"\nfastapi-kata: the workspace could not be made: {error}\nNothing was left behind.\n", sys.stderr)
        return 1
    report(kit, catalogue, len(katas))
    return 0


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def report(kit: ModuleType, catalogue: Any, number: int) -> None:
    """Say what was made and how to go on."""
    for problem in catalogue.problems:
        say(f"fastapi-kata: left out: {problem}", sys.stderr)
    steps = kit.next_steps(shown_folder(), PACKAGE_MANAGER, windows=os.name == "nt")
    say(f"\n{number} kata{'s' * (number != 1)} laid out. Now:\n")
    for step in steps:
        say(f"    {step}")
    say("\nREADME.md tells the rest. Have fun!")


def shown_folder() -> str:
    """Return the workspace's folder, as seen from where the learner is."""
    try:
        relative = os.path.relpath(os.getcwd(), STARTED_IN)
    except ValueError:  # another drive
        return os.getcwd()
    return os.getcwd() if relative.startswith("..") else relative


def say(text: str, stream: Any = None) -> None:
    """Print text to a console that may not know all characters."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "ascii"
    stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


sys.exit(main())
