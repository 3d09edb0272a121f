"""What the doctor finds in broken places."""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib import metadata
from pathlib import Path

import pytest

from pytest_fastapi_kata import diagnosis, scaffold
from pytest_fastapi_kata.diagnosis import Symptom, examine_installation, examine_workspace
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.workspace import Workspace, read_workspace
from tests.unit.conftest import Desk


def problems(found: list[Symptom]) -> dict[str, tuple[str, str]]:
    """Return what and remedy of all that is not good, by what it is about."""
    return {one.about: (one.what, one.remedy) for one in found if one.severity != "good"}


@pytest.fixture
def sound(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A workspace with its manifest, and the commands of this environment."""
    scaffold.write_manifest(desk.catalogue, desk.root)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    for name in ("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    return desk


def examined(desk: Desk) -> dict[str, tuple[str, str]]:
    """Return what is not well in the workspace, read anew."""
    return problems(list(examine_workspace(read_workspace(desk.root), desk.catalogue)))


def test_all_is_well(sound: Desk) -> None:
    """Nothing is found."""
    assert ({}, {}) == (problems(list(examine_installation())), examined(sound))


def test_the_pytest_of_another_environment(sound: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newcomer's most frequent trap is named, with two ways out."""
    other = tmp_path / "other/pytest"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(other.parent))
    what, remedy = problems(list(examine_installation()))["pytest"]
    assert what.startswith(f"pytest is {other}, which may be of another environment")
    assert f"`{sys.executable} -m pytest`" in remedy
    monkeypatch.setenv("PATH", "")
    assert "the command pytest is not on the PATH" == problems(list(examine_installation()))["pytest"][0]


def test_plugins_switched_off(sound: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment, or since the kit is not registered."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    assert "PYTEST_DISABLE_PLUGIN_AUTOLOAD is set" in problems(list(examine_installation()))["plugin"][0]
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-x")
    assert problems(list(examine_installation()))["plugin"][0].endswith(": -x")
    monkeypatch.delenv("PYTEST_ADDOPTS")
    monkeypatch.setattr(metadata, "entry_points", lambda **_: [])
    assert "the kit is not registered with pytest" == problems(list(examine_installation()))["plugin"][0]


def test_what_the_kit_stands_on(sound: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing and old distributions are named together, with one command."""
    monkeypatch.setattr(metadata, "requires", lambda _: ["nothing-of-that-name>=1", "pytest>=999", 'x; extra == "y"'])
    what, remedy = problems(list(examine_installation()))["kit"]
    assert what.startswith("nothing-of-that-name is missing; pytest is ")
    assert 'pip install --upgrade "pytest-fastapi-kata[katas]"' == remedy


@pytest.mark.parametrize(("kit", "said"), [
    ("0.0.1", "it was made with kit 0.0.1"), ("99.0", "it was updated with kit 99.0"), ("x", "is no version"),
])  # fmt: skip
def test_kits_that_differ(sound: Desk, kit: str, said: str) -> None:
    """Either is told, and what to do."""
    found = problems(list(examine_workspace(Workspace(sound.root, kit), sound.catalogue)))
    assert said in found["workspace"][0]
    assert found["workspace"][1]


def test_settings_of_pytest(sound: Desk) -> None:
    """That would keep it from finding katas."""
    text = (sound.root / "pyproject.toml").read_text("utf-8")
    sound.write("pyproject.toml", f'{text}\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n')
    assert 'set testpaths = ["katas"]' == examined(sound)["workspace"][1]
    sound.write("pyproject.toml", text)
    sound.write("pytest.ini", "[pytest]\n")
    assert "pytest.ini is there, so pytest does not read pyproject.toml" == examined(sound)["workspace"][0]


def test_records(sound: Desk) -> None:
    """Broken ones are named, those that were set aside before as well."""
    sound.write(".kata/progress.json", "{")
    assert (
        "progress.json is not valid JSON." in examined(sound)["record"][0] or "broken-1" in examined(sound)["record"][0]
    )
    assert (sound.root / ".kata/progress.json.broken-1").is_file()
    assert "fastapi-kata sync FILE" in examined(sound)["record"][1]


def test_no_manifest(sound: Desk) -> None:
    """An update would be of little use."""
    (sound.root / ".kata/stubs.json").unlink()
    assert ".kata/stubs.json is missing" in examined(sound)["workspace"][0]


def test_folders_of_katas(sound: Desk) -> None:
    """An entry that is gone, a file that hides a module, and what an update left."""
    sound.entry("q901").unlink()
    sound.write("katas/90_tiny/q902_counter/json.py", "")
    sound.write("katas/90_tiny/q902_counter/helper.py", "")
    found = examined(sound)
    assert ("katas/90_tiny/q901_greeting/app.py is missing", "fastapi-kata reset q901 lays it out again") == found[
        "q901"
    ]
    assert "katas/90_tiny/q902_counter/json.py hides the module 'json', which others import" == found["q902"][0]
    (sound.root / "katas/90_tiny/q902_counter/json.py").unlink()
    sound.write("katas/90_tiny/q902_counter/app.py.new", "")
    assert "katas/90_tiny/q902_counter/app.py.new was left by an update" == examined(sound)["q902"][0]


def test_missing_distributions(sound: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command for all of them."""

    def lacks(kata: Kata) -> str:
        return f"{kata.id} needs redis: pip install redis"

    monkeypatch.setattr(diagnosis, "why_unavailable", lacks)
    what, remedy = examined(sound)["katas"]
    assert "something is missing for q901, q902: q901 needs redis" == what
    assert 'pip install "pytest-fastapi-kata[katas]" installs all of it' == remedy


def test_broken_katas_of_a_pack(sound: Desk) -> None:
    """Are named with their file."""
    shutil.rmtree(sound.root / "katas/90_tiny/q902_counter")
    assert {} == examined(sound)
    assert json.loads((sound.root / ".kata/stubs.json").read_text("utf-8"))["katas"]["q902"]
