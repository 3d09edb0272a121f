"""``fastapi-kata open``: the kata's file in the learner's editor."""

from __future__ import annotations

import sys

import pytest

from tests.unit.conftest import Command, Desk


def test_the_editor_gets_the_file(command: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command from the environment is run with the entry, and with the instructions if they are asked for."""
    note = desk.workspace.root / "opened.txt"
    script = f"import sys; open({str(note)!r}, 'w').write('|'.join(sys.argv[1:]))"
    monkeypatch.setenv("FASTAPI_KATA_EDITOR", f'{sys.executable} -c "{script}"')
    assert 0 == command("open", "q901", "--readme").code
    assert [str(desk.entry("q901")), str(desk.entry("q901").with_name("README.md"))] == note.read_text().split("|")


def test_only_the_path(command: Command, desk: Desk) -> None:
    """For another program."""
    assert f"{desk.entry('q901')}\n" == command("open", "q901", "--print").out


@pytest.mark.parametrize(
    ("editor", "told"),
    [("no-such-editor", "the editor 'no-such-editor' is not installed"), ("'", "cannot be read as a command")],
)
def test_an_editor_that_is_none(command: Command, desk: Desk, editor: str, told: str) -> None:
    """It is named, with the remedy."""
    said = command("open", "q901", "--with", editor)
    assert 2 == said.code
    assert told in said.err
    assert "export EDITOR=nano" in said.err


def test_a_missing_file(command: Command, desk: Desk) -> None:
    """Reset brings it back."""
    desk.entry("q901").unlink()
    said = command("open", "q901")
    assert (2, True) == (said.code, "`fastapi-kata reset q901` lays it out again" in said.err)


def test_no_editor_without_a_terminal(command: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that paints on a terminal is not started where there is none."""
    for name in ("FASTAPI_KATA_EDITOR", "VISUAL", "EDITOR", "TERM_PROGRAM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    said = command("open", "q901")
    assert (2, True) == (said.code, "no editor is known here" in said.err)
