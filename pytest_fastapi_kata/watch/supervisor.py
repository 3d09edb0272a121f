"""Puts the watch together: files, keys, judge and screen around one session."""

from __future__ import annotations

import os
import queue
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.editor import editor_command, open_in_editor
from pytest_fastapi_kata.isolation.processes import Mode
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.watch.events import Ended, Event, Events, Resized, Suspended
from pytest_fastapi_kata.watch.files import FileWatch
from pytest_fastapi_kata.watch.judge import Judge
from pytest_fastapi_kata.watch.plain import PlainLines, Write
from pytest_fastapi_kata.watch.session import Actions, Session
from pytest_fastapi_kata.workspace import Workspace

if TYPE_CHECKING:
    from rich.console import Console

_SIGNAL_SECONDS = 1.0
_WINDOWS_SECONDS = 0.5


class Display(Protocol):
    """Where a session is shown."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...

    def update(self, session: Session) -> None:
        """Show the session as it is now."""
        ...

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Leave the terminal to others for a while."""
        ...


@dataclass(frozen=True)
class Settings:
    """How to watch."""

    mode: Mode
    polling: bool = False
    plain: bool = False
    seed: int | None = None
    editor: str | None = None


@dataclass(frozen=True)
class Hands:
    """What the command line does for the watch.

    ``write`` is for the lines where there is no terminal; ``reset`` puts a
    kata's stub back and says so.
    """

    write: Write
    reset: Callable[[Kata], str]


def watch(workspace: Workspace, catalogue: Catalogue, kata: Kata, settings: Settings, hands: Hands) -> Session:
    """Watch a kata until the learner has had enough, and return what was reached."""
    events: Events = queue.SimpleQueue()
    display = _display(settings, events, hands.write)
    with ExitStack() as stack:
        judge = stack.enter_context(Judge(workspace, settings.mode, events.put, settings.seed))

        def open_kata(kata: Kata) -> str:
            return _open(workspace, kata, display, settings.editor)

        session = Session(workspace, catalogue, judge, Actions(open_kata, hands.reset), kata)
        session.begin()
        stack.enter_context(_signals(events, keep_suspending=settings.plain))
        stack.enter_context(FileWatch(workspace.katas_root, events.put, polling=settings.polling))
        stack.enter_context(display)
        _loop(session, display, events)
    return session


def _display(settings: Settings, events: Events, write: Write) -> Display:
    if settings.plain:
        return PlainLines(write, _columns())
    from pytest_fastapi_kata.watch.screen import Screen  # rich is for terminals

    return Screen(_console(), events.put)


def is_terminal() -> bool:
    """Say whether there are a screen to paint on and a keyboard to read."""
    try:
        both = sys.stdin.isatty() and sys.stdout.isatty()
    except (AttributeError, ValueError):
        return False
    return both and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


def _columns() -> int:
    import shutil

    return min(shutil.get_terminal_size().columns, 100)


def _loop(session: Session, display: Display, events: Events) -> None:
    display.update(session)
    for event in _arriving(events):
        if isinstance(event, Suspended):
            with display.suspended():
                os.kill(os.getpid(), getattr(signal, "SIGSTOP", signal.SIGTERM))
        if not session.handle(event):
            return
        if events.empty():
            display.update(session)


def _arriving(events: Events) -> Iterator[Event]:
    while True:
        try:
            # On Windows nothing interrupts a wait. Elsewhere a signal may reach another thread, and not end it either.
            yield events.get(timeout=_WINDOWS_SECONDS if sys.platform == "win32" else _SIGNAL_SECONDS)
        except queue.Empty:
            if sys.platform == "win32":
                # Nobody tells of a new size there.
                yield Resized()


@contextmanager
def _signals(events: Events, *, keep_suspending: bool) -> Iterator[None]:
    """Turn signals into events, so that the terminal is given back whatever ends the watch."""
    told: dict[str, Event] = {"SIGINT": Ended(), "SIGTERM": Ended(), "SIGHUP": Ended(), "SIGWINCH": Resized()}
    if not keep_suspending:
        told["SIGTSTP"] = Suspended()
    before = {}
    for name, event in told.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, lambda *_, event=event: events.put(event))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _open(workspace: Workspace, kata: Kata, display: Display, editor: str | None) -> str:
    editor_command(editor)  # before the screen is put away for nothing
    entry: Path = workspace.entry(kata)
    with display.suspended():
        code = open_in_editor([entry], workspace.root, editor)
    return f"The editor ended with exit code {code}." if code else ""
