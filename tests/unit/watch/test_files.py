"""The learner's saves, noticed."""

from __future__ import annotations

import queue
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_fastapi_kata.watch import files
from pytest_fastapi_kata.watch.events import Event, Saved, Troubled
from pytest_fastapi_kata.watch.files import FileWatch

TIMEOUT = 30

Told = queue.SimpleQueue[Event]


def wait_for(told: Told, wanted: Callable[[Event], bool]) -> Event:
    """Return the first event that is wanted."""
    end = time.monotonic() + TIMEOUT
    while True:
        event = told.get(timeout=max(0.0, end - time.monotonic()))
        if wanted(event):
            return event


# Polling sees whole seconds only, and tells every second to look closer: then the folder itself is named.


def names(path: Path) -> Callable[[Event], bool]:
    """Return what asks whether an event is about a path."""
    return lambda event: isinstance(event, Saved) and path in event.paths


@pytest.fixture
def katas(tmp_path: Path) -> Path:
    """A folder to watch."""
    folder = tmp_path.resolve() / "katas"
    (folder / "q901").mkdir(parents=True)
    return folder


@pytest.fixture(params=[False, True], ids=["reported", "polled"])
def told(katas: Path, request: pytest.FixtureRequest) -> Iterator[Told]:
    """What the watch tells, from its beginning on."""
    events: Told = queue.SimpleQueue()
    with FileWatch(katas, events.put, polling=request.param):
        wait_for(events, names(katas))
        yield events


def test_a_save(katas: Path, told: Told) -> None:
    """A file is written."""
    file = katas / "q901" / "app.py"
    file.write_text("x", "utf-8")
    wait_for(told, names(file))


def test_an_editors_atomic_rename(katas: Path, told: Told) -> None:
    """The new text comes under another name and takes the file's place."""
    file, other = katas / "q901" / "app.py", katas / "q901" / ".app.py.new"
    file.write_text("x", "utf-8")
    wait_for(told, names(file))
    other.write_text("y", "utf-8")
    other.replace(file)
    wait_for(told, lambda event: names(file)(event) or names(katas)(event))


def test_the_folder_goes_and_comes_back(katas: Path, told: Told) -> None:
    """The watch takes it up again."""
    shutil.rmtree(katas)
    wait_for(told, names(katas))
    file = katas / "q901" / "app.py"
    file.parent.mkdir(parents=True)
    wait_for(told, names(katas))
    file.write_text("x", "utf-8")
    wait_for(told, lambda event: names(file)(event) or names(katas)(event))


def test_what_does_not_matter(katas: Path) -> None:
    """Folders of by-products and hidden ones do not wake anybody, wherever the workspace lies."""
    watch = FileWatch(katas, lambda _: None)
    assert [False, False, True, True, True] == [
        watch._matters(None, str(path))
        for path in (
            katas / "q901/__pycache__/app.pyc",
            katas / ".git/index",
            katas / "q901/app.py",
            katas / "q901/.env",
            Path("/elsewhere"),
        )
    ]


def test_the_system_cannot_report(katas: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files are looked at instead, and that is said."""
    import watchfiles

    real = watchfiles.watch

    def refusing(*paths: Path, force_polling: bool | None = None, **options: object) -> object:
        if not force_polling:
            raise OSError(28, "no space left on device")
        return real(*paths, force_polling=True, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watchfiles, "watch", refusing)
    events: Told = queue.SimpleQueue()
    with FileWatch(katas, events.put):
        trouble = wait_for(events, lambda event: isinstance(event, Troubled))
        assert "so the files are looked at instead" in trouble.text  # type: ignore[union-attr]
        file = katas / "q901" / "app.py"
        file.write_text("x", "utf-8")
        wait_for(events, lambda event: isinstance(event, Saved))


def test_identity_of_nothing(tmp_path: Path) -> None:
    """A folder that is not there has none."""
    assert files._identity(tmp_path / "nowhere") is None
