"""What may be wrong with an installation or a workspace, found before it puzzles the learner."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import sysconfig
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.availability import why_unavailable
from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import Record, ResultCache, installed
from pytest_fastapi_kata.scaffold import MANIFEST, stub_contents
from pytest_fastapi_kata.standing import katas_in
from pytest_fastapi_kata.workspace import Workspace, learner_files

DISTRIBUTION = "pytest-fastapi-kata"
_NAMED = 8
Severity = Literal["good", "hint", "problem"]


@dataclass(frozen=True)
class Symptom:
    """One thing that was looked at: what was found, and what to do if it is not well.

    A ``hint`` may be as the learner wants it; a ``problem`` keeps something from working.
    """

    about: str
    severity: Severity
    what: str
    remedy: str = ""


def examine_installation() -> Iterator[Symptom]:
    """Yield what there is to say about Python, the kit and what it stands on."""
    yield Symptom("Python", "good", f"{platform.python_version()} in {sys.prefix}")
    yield from _requirements()
    yield _command("pytest")
    yield from _plugin()


def _requirements() -> Iterator[Symptom]:
    from packaging.requirements import Requirement

    wrong = []
    for text in metadata.requires(DISTRIBUTION) or ():
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        there = installed(wanted.name)
        if not there:
            wrong.append(f"{wanted.name} is missing")
        elif not wanted.specifier.contains(there, prereleases=True):
            wrong.append(f"{wanted.name} is {there}, and {wanted.specifier} is needed")
    if wrong:
        yield Symptom("kit", "problem", "; ".join(wrong), f'pip install --upgrade "{DISTRIBUTION}[katas]"')
        return
    versions = ", ".join(f"{name} {installed(name)}" for name in ("fastapi", "starlette", "pydantic", "pytest"))
    yield Symptom("kit", "good", f"{__version__}, with {versions}")


def _command(name: str) -> Symptom:
    """Say whether the command that the learner types is the one that belongs to this kit."""
    found = shutil.which(name)
    if found is None:
        return Symptom(
            name, "problem", f"the command {name} is not on the PATH", f"activate the environment {sys.prefix}, "
            f"or write `{_python()} -m {name}` instead of `{name}`",
        )  # fmt: skip
    own = {Path(sysconfig.get_path("scripts")), Path(sys.executable).parent}
    if Path(found).parent in own or Path(found).resolve().parent in {path.resolve() for path in own}:
        return Symptom(name, "good", f"{name} is {found}")
    return Symptom(
        name, "problem", f"{name} is {found}, which may be of another environment than this kit ({sys.prefix})",
        f"activate that environment, or write `{_python()} -m {name}` instead of `{name}`",
    )  # fmt: skip


def _python() -> str:
    return f'"{sys.executable}"' if " " in sys.executable else sys.executable


def _plugin() -> Iterator[Symptom]:
    if os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        yield Symptom(
            "plugin", "problem", "PYTEST_DISABLE_PLUGIN_AUTOLOAD is set, so pytest does not load the kit",
            "unset it, or add `-p pytest_fastapi_kata.plugin` to pytest's command line",
        )  # fmt: skip
    options = os.environ.get("PYTEST_ADDOPTS", "")
    if options:
        yield Symptom("plugin", "hint", f"PYTEST_ADDOPTS adds to every run of pytest: {options}")
    if not any(point.value == "pytest_fastapi_kata.plugin" for point in metadata.entry_points(group="pytest11")):
        remedy = f"pip install --force-reinstall --no-deps {DISTRIBUTION}"
        yield Symptom("plugin", "problem", "the kit is not registered with pytest", remedy)


def examine_workspace(workspace: Workspace, catalogue: Catalogue) -> Iterator[Symptom]:
    """Yield what there is to say about a workspace, its katas and its record."""
    katas = katas_in(workspace, catalogue)
    yield Symptom("workspace", "good", f"{workspace.root}, {len(katas)} of {len(catalogue)} katas")
    yield from (Symptom("katas", "problem", f"left out: {problem}") for problem in catalogue.problems)
    yield from _kit_version(workspace)
    yield from _settings(workspace)
    yield from _record(workspace)
    yield from _distributions(katas)
    for kata in katas:
        yield from _folder(workspace, kata)


def _kit_version(workspace: Workspace) -> Iterator[Symptom]:
    from packaging.version import InvalidVersion, Version

    try:
        theirs, ours = Version(workspace.kit), Version(__version__)
    except InvalidVersion:
        what = f"pyproject.toml names {workspace.kit!r} as its kit, which is no version"
        yield Symptom("workspace", "hint", what, "fastapi-kata update")
        return
    if theirs < ours:
        what = f"it was made with kit {theirs}, and {ours} is installed"
        yield Symptom("workspace", "hint", what, "fastapi-kata update brings new and improved katas")
    elif theirs > ours:
        what = f"it was updated with kit {theirs}, and {ours} is installed"
        yield Symptom("workspace", "problem", what, f"pip install --upgrade {DISTRIBUTION}")


def _settings(workspace: Workspace) -> Iterator[Symptom]:
    # It was read to find the workspace, so it is there and it is TOML.
    settings = tomllib.loads((workspace.root / "pyproject.toml").read_text("utf-8"))
    options = settings.get("tool", {}).get("pytest", {})
    paths = options.get("ini_options", options).get("testpaths")
    if paths is not None and "katas" not in paths:
        yield Symptom(
            "workspace", "hint", f"testpaths in pyproject.toml is {paths}, so a plain `pytest` finds no katas",
            'set testpaths = ["katas"]',
        )  # fmt: skip
    for name in ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"):
        if (workspace.root / name).exists():
            yield Symptom(
                "workspace", "hint", f"{name} is there, so pytest does not read pyproject.toml",
                f"move its settings to pyproject.toml and delete {name}",
            )  # fmt: skip


def _record(workspace: Workspace) -> Iterator[Symptom]:
    record, cache = Record(workspace), ResultCache(workspace)
    if workspace.record.exists() and not os.access(workspace.record, os.W_OK):
        what = f"{workspace.record} cannot be written, so nothing that you solve is recorded"
        yield Symptom("record", "problem", what, "make the folder yours and writable")
    solved = sum("solved_at" in entry for entry in record.read().values())
    yield Symptom("record", "good", f"{solved} kata{'s' * (solved != 1)} solved so far")
    for note in dict.fromkeys([*record.notes, *_notes_of(cache)]):
        yield Symptom("record", "hint", note, "fastapi-kata sync writes a mended record" if "conflict" in note else "")
    for aside in sorted(workspace.record.glob("progress.json.broken-*")):
        what = f"{aside.relative_to(workspace.root)} is an earlier record that could not be read"
        yield Symptom(
            "record", "hint", what, "repair what it says and take it in: fastapi-kata sync FILE; or delete it"
        )
    if not (workspace.root / MANIFEST).is_file():
        what = f"{MANIFEST.as_posix()} is missing, so an update cannot tell your work from the kit's"
        yield Symptom("workspace", "hint", what, "bring it back from your repository, if you have one")


def _notes_of(cache: ResultCache) -> list[str]:
    _ = cache.entries
    return cache.notes


def _distributions(katas: Iterable[Kata]) -> Iterator[Symptom]:
    lacking = [kata for kata in katas if why_unavailable(kata)]
    if not lacking:
        yield Symptom("katas", "good", "everything that they need is installed")
        return
    more = len(lacking) - _NAMED
    names = ", ".join(kata.id for kata in lacking[:_NAMED]) + (f" and {more} more" if more > 0 else "")
    yield Symptom(
        "katas", "problem", f"something is missing for {names}: {why_unavailable(lacking[0]).partition(': pip')[0]}",
        f'pip install "{DISTRIBUTION}[katas]" installs all of it',
    )  # fmt: skip


def _folder(workspace: Workspace, kata: Kata) -> Iterator[Symptom]:
    folder = workspace.folder(kata)
    if not workspace.entry(kata).is_file():
        what = f"{workspace.entry(kata).relative_to(workspace.root)} is missing"
        yield Symptom(kata.id, "problem", what, f"fastapi-kata reset {kata.id} lays it out again")
        return
    given = stub_contents(kata).keys()
    for file in learner_files(folder):
        name = file.relative_to(folder).as_posix()
        if file.suffix == ".py" and name not in given and "/" not in name and _hides_another(file.stem):
            what = f"{file.relative_to(workspace.root)} hides the module {file.stem!r}, which others import"
            yield Symptom(kata.id, "problem", what, "give it another name")
    leftover = next(folder.rglob("*.new"), None)
    if leftover is not None:
        what = f"{leftover.relative_to(workspace.root)} was left by an update"
        yield Symptom(kata.id, "hint", what, "compare it with yours, and delete it")


def _hides_another(name: str) -> bool:
    judged = {"fastapi", "starlette", "pydantic", "pydantic_core", "httpx", "anyio", "pytest", "uvicorn"}
    return name in judged or name in sys.stdlib_module_names
