"""``fastapi-kata reset``."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.unit.conftest import Command, Desk


def backups(desk: Desk) -> list[Path]:
    """Return the backups of q901, oldest first."""
    folder = desk.root / ".kata/backups/q901_greeting"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_the_stub_is_back(command: Command, desk: Desk) -> None:
    """And what was there is kept as a whole; both places are told."""
    entry = desk.entry("q901")
    entry.write_text("mine", "utf-8")
    (entry.parent / "more.py").write_text("more", "utf-8")
    told = command("reset", "q901")
    (backup,) = backups(desk)
    assert 0 == told.code
    folder = Path("katas/90_tiny/q901_greeting")
    assert [f"The stub is back in {folder}", f"What you had is kept in {backup.relative_to(desk.root)}"] == (
        told.out.splitlines()
    )
    assert "untouched" == desk.workspace.state(desk.kata("q901"))
    assert {"README.md", "app.py"} == {path.name for path in entry.parent.iterdir()}
    assert ("mine", "more") == ((backup / "app.py").read_text("utf-8"), (backup / "more.py").read_text("utf-8"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d_\d{6}", backup.name)


def test_every_reset_has_its_own_backup(command: Command, desk: Desk) -> None:
    """Also several in a second."""
    for text in ("one", "two", "three"):
        desk.entry("q901").write_text(text, "utf-8")
        assert 0 == command("reset", "q901").code
    assert {"one", "two", "three"} == {(path / "app.py").read_text("utf-8") for path in backups(desk)}


def test_a_kata_that_was_deleted_comes_back(command: Command, desk: Desk) -> None:
    """There is nothing to keep."""
    shutil.rmtree(desk.entry("q901").parent)
    told = command("reset", "q901")
    assert (0, 1, []) == (told.code, len(told.out.splitlines()), backups(desk))
    assert desk.entry("q901").is_file()


def test_other_things_in_the_folders_place(command: Command, desk: Desk) -> None:
    """A file and a dangling link are kept as well."""
    folder = desk.entry("q901").parent
    shutil.rmtree(folder)
    folder.write_text("a file", "utf-8")
    assert 0 == command("reset", "q901").code
    shutil.rmtree(folder)
    folder.symlink_to("gone")
    assert 0 == command("reset", "q901").code
    assert {"a file", "gone"} == {
        str(path.readlink()) if path.is_symlink() else path.read_text("utf-8") for path in backups(desk)
    }
    assert (folder / "app.py").is_file()


def test_other_katas_stay(command: Command, desk: Desk) -> None:
    """As they are."""
    desk.entry("q902").write_text("mine", "utf-8")
    command("reset", "q901")
    assert "mine" == desk.entry("q902").read_text("utf-8")


def test_a_kata_of_a_topic_that_the_workspace_has_not(command: Command, desk: Desk) -> None:
    """It is laid out like any other."""
    shutil.rmtree(desk.workspace.katas_root)
    assert 0 == command("reset", "902").code
    assert "untouched" == desk.workspace.state(desk.kata("q902"))
