"""``fastapi-kata next``, and which kata a command means."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.unit.conftest import Command, Desk


def test_the_first_kata(command: Command, desk: Desk) -> None:
    """Its question and its files are told."""
    told = command("next")
    assert 0 == told.code
    assert (
        """
  Next: q901 · A greeting
    “How do you greet?”
    read      katas/90_tiny/q901_greeting/README.md
    edit      katas/90_tiny/q901_greeting/app.py
    then run  pytest --kata-progress
"""
        == told.out
    )


def test_a_started_kata_comes_first(command: Command, desk: Desk) -> None:
    """What is in the making is finished before something new is begun."""
    desk.entry("q902").write_text("app = 1", "utf-8")
    assert "Next: q902 · A counter" in command("next").out


def test_no_kata_at_all(command: Command, desk: Desk) -> None:
    """That is said, and is no error."""
    shutil.rmtree(desk.workspace.katas_root)
    told = command("next")
    assert 0 == told.code
    assert "This workspace has no katas." in told.out


def heading(command: Command, *arguments: str) -> str:
    """Return the kata of which a hint is shown."""
    return command("hint", *arguments).out.partition("\n")[0]


def test_without_a_name_it_is_the_next_kata(command: Command, desk: Desk) -> None:
    """The one that ``next`` names."""
    assert "q901 · A greeting" == heading(command)
    desk.entry("q902").write_text("app = 1", "utf-8")
    assert "q902 · A counter" == heading(command)


def test_in_its_folder_it_is_that_kata(command: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """And in any folder below; a name still wins."""
    below = desk.entry("q902").parent / "shed"
    below.mkdir()
    for folder in (below, below.parent):
        monkeypatch.chdir(folder)
        assert "q902 · A counter" == heading(command)
    assert "q901 · A greeting" == heading(command, "q901")
    monkeypatch.chdir(desk.workspace.katas_root / "90_tiny")
    (below.parent / "shed").rmdir()
    assert "q901 · A greeting" == heading(command)


@pytest.mark.parametrize("name", ["902", "q902_counter", "katas/90_tiny/q902_counter/"])
def test_a_kata_goes_by_many_names(command: Command, desk: Desk, name: str) -> None:
    """Also by what a shell completes."""
    assert "q902 · A counter" == heading(command, name)


def test_a_kata_that_the_workspace_has_not(command: Command, desk: Desk) -> None:
    """The way to get it is told."""
    shutil.rmtree(desk.entry("q902").parent)
    told = command("hint", "q902")
    assert (2, "") == (told.code, told.out)
    assert "fastapi-kata: q902 is not in this workspace" in told.err
    assert "`fastapi-kata reset q902` lays it out." in told.err


def test_no_kata_is_left(command: Command, desk: Desk) -> None:
    """Then one has to be named."""
    shutil.rmtree(desk.workspace.katas_root)
    told = command("hint")
    assert 2 == told.code
    assert "fastapi-kata: no kata is left to do in this workspace\nName one, such as q011" in told.err


def test_next_as_json(command: Command, desk: Desk) -> None:
    """For an editor's extension; null if nothing is left."""
    facts = json.loads(command("next", "--json").out)
    assert ("q901", "not_started", str(desk.entry("q901"))) == (facts["id"], facts["status"], facts["entry"])
    shutil.rmtree(desk.workspace.katas_root)
    assert "null\n" == command("next", "--json").out
