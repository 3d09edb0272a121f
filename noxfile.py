"""The suite on every platform that we claim: `nox --list` names the sessions, CONTRIBUTING.md explains them."""

from __future__ import annotations

import json
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import nox
from packaging.requirements import Requirement

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["tests", "lowest", "newest", "neighbours", "spawn"]
nox.options.error_on_missing_interpreters = False

NEIGHBOURS = (
    "pytest-xdist", "pytest-randomly", "pytest-sugar", "pytest-cov", "pytest-asyncio", "anyio", "pytest-html",
    "pytest-rerunfailures", "hypothesis",
)  # fmt: skip
EXTENSION = "https://open-vsx.org/api/ms-python/python"
PYPROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, *more: str, group: str = "test") -> None:
    """Install the kit with all that its katas need, what its tests need, and more."""
    session.install("--editable", ".[katas]", *nox.project.dependency_groups(PYPROJECT, group), *more)


def floors() -> list[str]:
    """Return the lowest version of each distribution that pyproject.toml claims, as pip's constraints."""
    project: dict[str, Any] = PYPROJECT["project"]
    texts = [
        *project["dependencies"],
        *project["optional-dependencies"]["katas"],
        *PYPROJECT["dependency-groups"]["test"],
    ]
    return [
        f"{requirement.name}=={bound.version}"
        for requirement in map(Requirement, texts)
        for bound in requirement.specifier
        if bound.operator == ">="
    ]


@nox.session(python=["3.11", "3.12", "3.13"])
def tests(session: nox.Session) -> None:
    """Run the whole suite on each Python."""
    install(session)
    session.run("pytest", "--numprocesses=auto", *session.posargs)


@nox.session(python="3.11")
def lowest(session: nox.Session) -> None:
    """Run it with the lowest versions that pyproject.toml claims."""
    constraints = Path(session.create_tmp(), "lowest.txt")
    constraints.write_text("\n".join(floors()), encoding="utf-8")
    install(session, "--constraint", str(constraints))
    # What old releases say about each other is no fault of ours.
    quiet = ("-W", "ignore::DeprecationWarning")
    session.run("pytest", *quiet, *(session.posargs or ["--numprocesses=auto", "tests/unit", "tests/plugin"]))


@nox.session(python="3.13")
def newest(session: nox.Session) -> None:
    """Run it with the newest of everything, pre-releases left out."""
    install(session, "--upgrade", "--upgrade-strategy=eager")
    session.run("pytest", *(session.posargs or ["--numprocesses=auto", "tests/unit", "tests/plugin"]))


@nox.session(python="3.12")
@nox.parametrize("beside", ["all", *NEIGHBOURS])
def neighbours(session: nox.Session, beside: str) -> None:
    """Run the tests on other pytest plugins, with all of them installed, and with each alone."""
    install(session, *(NEIGHBOURS if beside == "all" else [beside]))
    session.run("pytest", "-p", "no:randomly", "-p", "no:sugar", "tests/platforms/test_neighbours.py", *session.posargs)


@nox.session(python="3.12")
def spawn(session: nox.Session) -> None:
    """Run the plugin's tests as on systems that cannot fork."""
    install(session)
    default = ["--numprocesses=auto", "tests/plugin", "tests/platforms"]
    session.run("pytest", *(session.posargs or default), env={"KATA_TEST_ISOLATION": "spawn"})


@nox.session(python="3.12")
def editors(session: nox.Session) -> None:
    """Run the tests on the adapters of VS Code, whose extension is fetched from Open VSX, and of PyCharm."""
    install(session, "teamcity-messages")
    folder = Path(session.create_tmp(), "vscode-python")
    if not folder.is_dir():
        _fetch_extension(folder)
    session.run(
        "pytest", "-rs", "tests/platforms/test_editors.py", *session.posargs,
        env={"VSCODE_PYTHON_FILES": str(folder / "extension" / "python_files")},
    )  # fmt: skip


def _fetch_extension(folder: Path) -> None:
    with urllib.request.urlopen(EXTENSION, timeout=60) as answer:
        address = json.load(answer)["files"]["download"]
    package, _ = urllib.request.urlretrieve(address)  # noqa: S310 - what our own address named
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
