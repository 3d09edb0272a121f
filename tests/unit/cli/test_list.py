"""``fastapi-kata list``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.conftest import Command, Desk


def test_all_katas(command: Command, desk: Desk) -> None:
    """With level and standing, under the title of their topic."""
    desk.entry("q902").write_text("app = 1", "utf-8")
    told = command("list")
    assert 0 == told.code
    assert (
        """\
90 Tiny things
  · q901  basic        A greeting
  ✗ q902  advanced     A counter
0 of 2 solved
"""
        == told.out
    )


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (["--topic", "tiny"], ["q901", "q902"]),
        (["--topic", "90_tiny"], ["q901", "q902"]),
        (["--level", "advanced"], ["q902"]),
        (["--level", "intermediate"], []),
        (["--status", "not_started"], ["q901"]),
        (["--status", "failing", "--level", "advanced", "--topic", "tiny"], ["q902"]),
        (["--status", "failing", "--level", "basic"], []),
    ],
)
def test_a_choice(command: Command, desk: Desk, arguments: list[str], ids: list[str]) -> None:
    """All conditions have to hold."""
    desk.entry("q902").write_text("app = 1", "utf-8")
    told = command("list", "--json", *arguments)
    assert (0, ids) == (told.code, [kata["id"] for kata in json.loads(told.out)])


def test_nothing_fits(command: Command, desk: Desk) -> None:
    """That is no error."""
    told = command("list", "--status", "solved")
    assert (0, "No kata fits.\n") == (told.code, told.out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--topic", "tinny"], "there is no topic 'tinny'\nOne of: tiny"),
        (["--topic", "90"], "there is no topic '90'\nOne of: tiny"),
        (["--level", "hard"], "there is no level 'hard'\nOne of: basic, intermediate, advanced"),
        (["--status", "done"],
         "there is no status 'done'\nOne of: solved, failing, not_started, broken, timeout, unavailable"),
    ],
)  # fmt: skip
def test_an_unknown_condition(command: Command, desk: Desk, arguments: list[str], message: str) -> None:
    """What there is, is listed."""
    told = command("list", *arguments)
    assert (2, "", f"fastapi-kata: {message}\n") == (told.code, told.out, told.err)


def test_json(command: Command, desk: Desk) -> None:
    """All that a program may need to show a kata."""
    told = command("list", "--json", "--level", "basic")
    assert [
        {
            "id": "q901",
            "slug": "q901_greeting",
            "title": "A greeting",
            "question": "How do you greet?",
            "topic": "90_tiny",
            "level": "basic",
            "status": "not_started",
            "folder": "katas/90_tiny/q901_greeting",
            "note": "",
        }
    ] == json.loads(told.out)


def test_outside_of_a_workspace(command: Command, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list tells what there is to learn; nothing of it is begun."""
    desk.entry("q902").write_text("app = 1", "utf-8")
    monkeypatch.chdir(tmp_path)
    told = command("list")
    assert 0 == told.code
    assert ["·", "·"] == [line.split()[0] for line in told.out.splitlines()[1:-1]]


def test_katas_that_the_workspace_has_not(command: Command, desk: Desk) -> None:
    """They are left out."""
    folder = desk.entry("q901").parent
    folder.rename(desk.root / "away")
    assert ["q902"] == [kata["id"] for kata in json.loads(command("list", "--json").out)]
