"""Bakes for tests: cookiecutter in a process and a home of its own, and copies of the kit as others get it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import REPOSITORY

CLONE = (str(REPOSITORY), "--directory", "template")
SMALL = ("topics=routing", "levels=basic")
"""Answers that lay out few katas, for tests in which it does not matter how many."""

_NO_BY_PRODUCTS = shutil.ignore_patterns("__pycache__", "_content")


def environment(home: Path) -> dict[str, str]:
    """Return an environment with a home of its own, in which the kit is not on the path."""
    kept = {key: value for key, value in os.environ.items() if key not in ("COOKIECUTTER_CONFIG", "PYTHONPATH")}
    return kept | {"HOME": str(home), "USERPROFILE": str(home), "COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}


def run(folder: Path, command: list[str], answers: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in ``folder``, with these lines of input and a home beside it."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    return subprocess.run(
        command,
        cwd=folder,
        env=environment(home) | variables,
        input=answers,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def bake(folder: Path, *arguments: str, answers: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run cookiecutter in ``folder``; without ``answers`` it asks nothing."""
    quiet = ["--no-input"] if answers is None else []
    return run(folder, [sys.executable, "-m", "cookiecutter", *arguments, *quiet], answers or "")


def files_in(folder: Path) -> list[str]:
    """Return all files below a folder, with forward slashes."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def copy_kit(target: Path, version: str = "9.8.7", *, wheel: bool = False) -> Path:
    """Copy the kit with its routing katas, as a clone or as a wheel has it, and return the folder of its content.

    The copy has a version of its own, so that a bake shows whose code it ran.
    """
    package = target / "pytest_fastapi_kata"
    content = package / "_content" if wheel else target
    shutil.copytree(REPOSITORY / "pytest_fastapi_kata", package, ignore=_NO_BY_PRODUCTS)
    shutil.copytree(REPOSITORY / "template", content / "template", ignore=_NO_BY_PRODUCTS)
    for name in ("katas", "solutions"):
        shutil.copytree(REPOSITORY / name / "02_routing", content / name / "02_routing", ignore=_NO_BY_PRODUCTS)
    shutil.copy(REPOSITORY / "pyproject.toml", target)
    (package / "__init__.py").write_text(f'__version__ = "{version}"\n')
    return content


def zip_kit(kit: Path, archive: Path) -> Path:
    """Pack a copy of the kit as code hosts do: everything in one folder, which is the first entry."""
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("pytest-fastapi-kata-main/", "")
        for path in sorted(kit.rglob("*")):
            file.write(path, Path("pytest-fastapi-kata-main", path.relative_to(kit)))
    return archive
