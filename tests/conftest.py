"""What the tests share: workspaces with real katas, and pytest runs in them."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.catalogue import Catalogue, Pack, load_catalogue
from pytest_fastapi_kata.kata import Kata

REPOSITORY = Path(__file__).resolve().parent.parent
PACKS = REPOSITORY / "tests" / "packs"
ISOLATION = os.environ.get("KATA_TEST_ISOLATION", "auto")
"""How the katas of a workspace are kept apart where a test does not choose; ``spawn`` is what some systems have."""


@pytest.fixture(scope="session")
def tiny() -> Catalogue:
    """The pack of two small katas, read as a third-party pack."""
    return load_catalogue([Pack("tiny", PACKS / "tiny")])


@pytest.fixture
def tiny_installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH in which the tiny pack is an installed distribution; this test's own copy."""
    site = tmp_path_factory.mktemp("site")
    shutil.copytree(PACKS / "tiny", site / "tinypack", ignore=shutil.ignore_patterns("__pycache__"))
    info = site / "tinypack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: tinypack\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[pytest_fastapi_kata.packs]\ntiny = tinypack\n")
    return site


class WorkspaceFolder:
    """A learner's workspace for a test, with pytest runs in processes of their own."""

    def __init__(self, pytester: pytest.Pytester, catalogue: Catalogue, site: Path) -> None:
        self.pytester = pytester
        self.pack = site / "tinypack"
        self.root = pytester.path
        self.catalogue = catalogue
        self.write(
            "pyproject.toml",
            f'[tool.fastapi-kata]\nformat_version = 1\nkit = "{__version__}"\n\n'
            '[tool.pytest.ini_options]\ntestpaths = ["katas"]\n'
            'asyncio_default_fixture_loop_scope = "function"\n'
            f'kata_isolation = "{ISOLATION}"\n',
        )

    def write(self, name: str, text: str) -> Path:
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def kata(self, name: str) -> Kata:
        return self.catalogue.find(name)

    def folder(self, name: str) -> Path:
        kata = self.kata(name)
        return self.root / "katas" / kata.topic.folder / kata.slug

    def change_kata(self, name: str, old: str, new: str) -> None:
        """Change the kata.toml of the pack as it is installed for this test."""
        file = self.pack / "katas" / self.kata(name).folder / "kata.toml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))

    def entry(self, name: str) -> str:
        return f"katas/{self.kata(name).folder}/app.py"

    def add(self, name: str, content: str = "stub") -> Path:
        """Lay out a kata: ``stub``, ``solution``, or the text of its app.py."""
        kata, folder = self.kata(name), self.folder(name)
        shutil.copytree(kata.stub, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(kata.readme, folder)
        if content == "solution":
            ignore = shutil.ignore_patterns("__pycache__", "variants")
            shutil.copytree(kata.solution, folder, dirs_exist_ok=True, ignore=ignore)
        elif content != "stub":
            (folder / kata.entry).write_text(content, encoding="utf-8")
        return folder / kata.entry

    def run(self, *arguments: str) -> pytest.RunResult:
        return self.pytester.runpytest_subprocess("-p", "no:randomly", *arguments)

    def run_json(self, *arguments: str) -> dict[str, Any]:
        """Run with ``--kata-json`` and return the report."""
        self.result = self.run("--kata-json=report.json", *arguments)
        report: dict[str, Any] = json.loads((self.root / "report.json").read_text("utf-8"))
        return report

    def statuses(self, *arguments: str) -> dict[str, str]:
        """Run and return the status of each kata by id."""
        return {kata["id"]: kata["status"] for kata in self.run_json(*arguments)["katas"]}

    @property
    def progress(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads((self.root / ".kata/progress.json").read_text("utf-8"))
        return data


@pytest.fixture
def workspace(
    pytester: pytest.Pytester, tiny: Catalogue, tiny_installed: Path, monkeypatch: pytest.MonkeyPatch
) -> WorkspaceFolder:
    """An empty workspace on a machine where the tiny pack is installed."""
    for name in list(os.environ):
        if name.startswith(("PYTEST_", "COV_CORE")) or name in ("CI", "GITHUB_ACTIONS", "BUILD_NUMBER", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "88")
    monkeypatch.setenv("TERM", "dumb")
    # An empty part would be the current folder.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(tiny_installed), os.environ.get("PYTHONPATH")])))
    return WorkspaceFolder(pytester, tiny, tiny_installed)


@pytest.fixture
def own() -> Catalogue:
    """The kit's own katas."""
    return load_catalogue()


def squeezed(result: pytest.RunResult) -> str:
    """Return what a run printed, every run of white space made one blank."""
    return re.sub(r"\s+", " ", result.stdout.str())
