"""What the unit tests share: a pack that may be broken, and a workspace without pytest runs."""

from __future__ import annotations

import io
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_fastapi_kata import __version__, catalogue, scaffold
from pytest_fastapi_kata.catalogue import Catalogue, Pack, load_catalogue
from pytest_fastapi_kata.cli import main
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.workspace import Workspace
from tests.conftest import PACKS


@dataclass
class PackFolder:
    """A pack of a test's own, to be read, changed and read again."""

    root: Path

    def file(self, name: str) -> Path:
        """Return a file of the pack by the end of its path."""
        return next(path for path in sorted(self.root.rglob("*")) if path.as_posix().endswith(f"/{name}"))

    def edit(self, name: str, find: str, put: str) -> Path:
        """Change a file at the one place where the text occurs."""
        file = self.file(name)
        text = file.read_text("utf-8")
        assert 1 == text.count(find), f"{find!r} occurs {text.count(find)} times in {file}"
        file.write_text(text.replace(find, put), "utf-8")
        return file

    def load(self) -> Catalogue:
        """Read the pack."""
        return load_catalogue([Pack("mine", self.root)])


@pytest.fixture
def pack(tmp_path: Path) -> PackFolder:
    """A copy of the tiny pack."""
    root = tmp_path / "pack"
    shutil.copytree(PACKS / "tiny", root, ignore=shutil.ignore_patterns("__pycache__"))
    return PackFolder(root)


@dataclass
class Desk:
    """A learner's workspace with the tiny katas, and the current folder."""

    workspace: Workspace
    catalogue: Catalogue

    @property
    def root(self) -> Path:
        """The workspace's folder."""
        return self.workspace.root

    def kata(self, name: str) -> Kata:
        """Return a kata of the tiny pack."""
        return self.catalogue.find(name)

    def entry(self, name: str) -> Path:
        """Return the learner's file of a kata."""
        return self.workspace.entry(self.kata(name))

    def write(self, name: str, text: str) -> Path:
        """Write a file of the workspace."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
        return file


@pytest.fixture
def desk(tmp_path: Path, tiny: Catalogue, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A fresh workspace on a machine where nothing but the tiny pack is installed."""
    monkeypatch.setattr(catalogue, "installed_packs", lambda: [Pack("tiny", PACKS / "tiny")])
    monkeypatch.setenv("COLUMNS", "88")
    root = tmp_path / "desk"
    scaffold.lay_out(tiny, root)
    section = f'[tool.fastapi-kata]\nformat_version = 1\nkit = "{__version__}"\n'
    (root / "pyproject.toml").write_text(section, "utf-8")
    monkeypatch.chdir(root)
    return Desk(Workspace(root, __version__), tiny)


@dataclass
class Told:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


Command = Callable[..., Told]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """``command("hint", "q901", answers="y")`` runs the console script's function with these arguments."""

    def run(*arguments: str | os.PathLike[str], answers: str = "") -> Told:
        monkeypatch.setattr(sys, "argv", ["fastapi-kata", *map(os.fspath, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        code = end.value.code
        return Told(code if isinstance(code, int) else 0 if code is None else 1, said.out, said.err)

    return run
