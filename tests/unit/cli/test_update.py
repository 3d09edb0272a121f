"""``fastapi-kata update``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_fastapi_kata import __version__, catalogue
from pytest_fastapi_kata.catalogue import Pack
from pytest_fastapi_kata.cli import update
from pytest_fastapi_kata.kata import Kata
from tests.unit.conftest import Command, PackFolder
from tests.unit.test_updating import ENTRY, NEW, STUB, Place


@pytest.fixture
def place(pack: PackFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A workspace of the tiny pack, which is the current folder."""
    monkeypatch.setattr(catalogue, "installed_packs", lambda: [Pack("tiny", pack.root)])
    monkeypatch.setenv("COLUMNS", "88")
    place = Place(pack, tmp_path / "desk")
    monkeypatch.chdir(place.root)
    return place


def test_up_to_date(command: Command, place: Place) -> None:
    """One line, and no backup."""
    told = command("update")
    assert (0, f"Up to date with kit {__version__}.\n") == (told.code, told.out)
    assert not (place.root / ".kata/backups").exists()


def test_a_dry_run(command: Command, place: Place) -> None:
    """Says what would be done, and does nothing."""
    place.improve(NEW)
    told = command("update", "--dry-run")
    assert (0, [
        "Improved katas: 1",
        "  q901 · A greeting",
        "    app.py  replaced: you had not changed it",
        "",
        "Nothing was changed. To do it: fastapi-kata update",
    ]) == (told.code, told.out.splitlines())  # fmt: skip
    assert STUB == (place.root / ENTRY).read_text("utf-8")


def test_a_conflict(command: Command, place: Place) -> None:
    """Says where both texts are, and what to do; exit code 1."""
    place.write(STUB.replace("Greet here.", "Mine."))
    place.improve(NEW)
    place.improve("b = 1\n", "stub/b.py")
    told = command("update")
    lines = told.out.splitlines()
    assert 1 == told.code
    assert ["    app.py  left as you have it; the kit's is in app.py.new", "    b.py  new", ""] == lines[2:5]
    assert "Compare each file with its .new, take over what you like, and delete the .new." == lines[5]
    assert lines[6].startswith("What was there before is kept in .kata")
    assert 0 == command("update").code


def test_as_json(command: Command, place: Place) -> None:
    """The same for programs."""
    place.improve(NEW)
    facts = json.loads(command("update", "--json", "--dry-run").out)
    assert (False, None, [{"path": ENTRY, "action": "replace", "kata": "q901"}]) == (
        facts["done"], facts["backup"], facts["changes"],
    )  # fmt: skip
    facts = json.loads(command("update", "--json").out)
    assert (True, True) == (facts["done"], Path(facts["backup"]).is_dir())


@pytest.mark.parametrize("code", [0, 1])
def test_solved_katas_whose_checks_have_changed_are_checked_again(
    command: Command, place: Place, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """They are named; whether they hold decides on the exit code."""
    entries = {"q901": {"solved_at": "2026-01-01T00:00:00+00:00", "checks": "0" * 16}}
    (place.root / ".kata/progress.json").write_text(json.dumps({"format_version": 1, "katas": entries}), "utf-8")
    ran: list[list[str]] = []

    def run(workspace: object, katas: list[Kata], options: list[str]) -> int:
        ran.append([kata.id for kata in katas])
        return code

    monkeypatch.setattr(update, "run_pytest", run)
    told = command("update", "--no-run")
    assert (0, True, []) == (told.code, "Solved against an older version: q901" in told.out, ran)
    assert (code, [["q901"]]) == (command("update").code, ran)


def test_katas_without_a_base(command: Command, place: Place) -> None:
    """They are named, with the way out."""
    (place.root / ".kata/stubs.json").unlink()
    place.improve(NEW)
    told = command("update", "--dry-run")
    assert "Left as they are: q901, q902" in told.out
    assert "fastapi-kata reset q011 lays one out anew, and keeps what you have." in told.out


def test_the_settings(command: Command, place: Place) -> None:
    """The workspace's own files name the kit; the rest of them is the learner's."""
    place.settings('kit = "0.0.1"')
    told = command("update")
    assert (0, ["Around them", f"    pyproject.toml  names kit {__version__}"]) == (
        told.code,
        told.out.splitlines()[:2],
    )
