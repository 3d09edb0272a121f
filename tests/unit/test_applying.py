"""An update, done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from pytest_fastapi_kata.applying import apply_update
from pytest_fastapi_kata.exceptions import KataError
from pytest_fastapi_kata.workspace import read_workspace
from tests.unit.conftest import PackFolder
from tests.unit.test_updating import ENTRY, NEW, STUB, Place

MINE = STUB.replace("The end.", "Mine.")


@pytest.fixture
def place(pack: PackFolder, tmp_path: Path) -> Place:
    """A workspace of the tiny pack."""
    return Place(pack, tmp_path / "desk")


def test_what_was_there_is_kept(place: Place) -> None:
    """Merged and replaced files are in the backup as they were, and the next update finds nothing to do."""
    place.write(MINE)
    place.improve(NEW)
    place.improve("# Better\n", "README.md")
    backup = apply_update(place.plan())
    assert backup is not None
    assert (NEW.replace("The end.", "Mine."), MINE) == (
        (place.root / ENTRY).read_text("utf-8"),
        (backup / ENTRY).read_text("utf-8"),
    )
    names = {path.name for path in backup.rglob("*") if path.is_file()}
    assert {"app.py", "README.md", "stubs.json"} == names
    assert place.plan().is_empty
    assert "started" == read_workspace(place.root).state(place.pack.load().find("q901"))


def test_a_conflict_is_told_once(place: Place) -> None:
    """The learner's file is as it was, the kit's lies beside it and does not count as theirs."""
    mine = STUB.replace("Greet here.", "Mine.")
    place.write(mine)
    place.improve(NEW)
    before = read_workspace(place.root).digest(place.pack.load().find("q901"))
    apply_update(place.plan())
    assert (mine, NEW) == ((place.root / ENTRY).read_text("utf-8"), (place.root / f"{ENTRY}.new").read_text("utf-8"))
    assert place.plan().is_empty
    assert before == read_workspace(place.root).digest(place.pack.load().find("q901"))
    place.improve(f"{NEW}# And more.\n")
    assert ["merge"] == [one.action for one in place.plan().changes] or place.plan().conflicts


def test_an_untouched_stub_stays_untouched(place: Place) -> None:
    """Also with files that came, and without those that went."""
    place.improve(NEW)
    place.improve("b = 1\n", "stub/b.py")
    apply_update(place.plan())
    assert "untouched" == read_workspace(place.root).state(place.pack.load().find("q901"))
    place.pack.file("stub/b.py").unlink()
    apply_update(place.plan())
    assert not (place.root / ENTRY).with_name("b.py").exists()
    assert "untouched" == read_workspace(place.root).state(place.pack.load().find("q901"))


def test_a_kata_that_moved(place: Place) -> None:
    """Comes with everything in it, and the backup has it at its old place."""
    katas = place.pack.root / "katas/90_tiny"
    (katas / "q901_greeting").rename(katas / "q901_hello")
    (place.pack.root / "solutions/90_tiny/q901_greeting").rename(place.pack.root / "solutions/90_tiny/q901_hello")
    toml = katas / "q901_hello/kata.toml"
    toml.write_text(toml.read_text("utf-8").replace("q901_greeting", "q901_hello"), "utf-8")
    place.write("mine")
    place.write("notes", "katas/90_tiny/q901_greeting/notes.txt")
    backup = apply_update(place.plan())
    folder = place.root / "katas/90_tiny/q901_hello"
    assert ("mine", "notes") == ((folder / "app.py").read_text(), (folder / "notes.txt").read_text())
    assert backup is not None
    assert "mine" == (backup / ENTRY).read_text()
    assert place.plan().is_empty


def test_one_at_a_time(place: Place) -> None:
    """A second update is refused, and nothing is written."""
    place.improve(NEW)
    planned = place.plan()
    lock = place.root / ".kata/cache/update.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock), pytest.raises(KataError, match="another update"):
        apply_update(planned)
    assert STUB == (place.root / ENTRY).read_text()


def test_an_update_that_stopped_is_completed_by_the_next(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk in the middle costs nothing."""
    place.write(MINE)
    place.improve(NEW)
    place.improve("# Better\n", "README.md")
    written = Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        if self.name == ".app.py.tmp":
            raise OSError(28, "No space left on device", str(self))
        return written(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(KataError, match="No space left") as raised:
        apply_update(place.plan())
    assert "Put that right and run `fastapi-kata update` again." in str(raised.value)
    assert (MINE, []) == ((place.root / ENTRY).read_text("utf-8"), [*(place.root / ENTRY).parent.glob(".*.tmp")])
    monkeypatch.undo()
    apply_update(place.plan())
    assert NEW.replace("The end.", "Mine.") == (place.root / ENTRY).read_text("utf-8")
    assert place.plan().is_empty


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_read_only_workspace(place: Place) -> None:
    """It is said, and nothing is half done."""
    place.improve(NEW)
    planned = place.plan()
    (place.root / ".kata").chmod(0o555)
    try:
        with pytest.raises(KataError, match="nothing was updated"):
            apply_update(planned)
    finally:
        (place.root / ".kata").chmod(0o755)
