"""Keeps the conftest.py files of katas out of pytest's own process, unless the learner's own tests were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_fastapi_kata.catalogue import load_catalogue


def keep_out(config: pytest.Config) -> None:
    """Let pytest take the conftest.py of a kata for loaded, so that it does not import it.

    A kata's conftest.py is a learner's answer. Its checks import it elsewhere;
    here it may break the run of all other katas. pytest has no public way to
    leave out one conftest.py, so this writes into its memory of those it knows.
    """
    known = getattr(config.pluginmanager, "_dirpath2confmods", None)
    if known is None:
        return
    asked, patterns = _asked(config), config.getini("python_files")
    for conftest in config.rootpath.resolve().glob("katas/*/*/conftest.py"):
        folder = conftest.parent
        inside = [path for path in asked if path.is_relative_to(folder)]
        if not any(_brings_own_tests(path, folder, patterns) for path in inside):
            known.setdefault(folder, [])
            known.setdefault(config.rootpath / folder.relative_to(config.rootpath.resolve()), [])


def _brings_own_tests(path: Path, folder: Path, patterns: list[str]) -> bool:
    if path.is_dir():
        return True
    return any(path.match(pattern) for pattern in patterns) and path.name != _entry_of(folder)


def _entry_of(folder: Path) -> str:
    """Return the name of a kata's entry, whose path stands for its checks, not for the tests in it."""
    kata = load_catalogue().in_folder(f"{folder.parent.name}/{folder.name}")
    return "" if kata is None else kata.entry


def _asked(config: pytest.Config) -> list[Path]:
    here = Path(config.invocation_params.dir)
    names = [name.partition("::")[0] for name in config.known_args_namespace.file_or_dir]
    # Without a path, pytest collects where it stands, or in testpaths if that is the root.
    return [(here / name).resolve() for name in names] if names else [here.resolve()]
