"""Keys, as a terminal sends them."""

from __future__ import annotations

import contextlib
import os
import pty
import queue
import sys
from collections.abc import Iterator

import pytest

from pytest_fastapi_kata.watch.events import Ended, Event, Key
from pytest_fastapi_kata.watch.keys import Keyboard, keys_in

TIMEOUT = 20


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("n", ["n"]),
        ("nH?", ["n", "H", "?"]),
        ("\x1b", ["escape"]),
        ("\x1b[A\x1b[B", ["up", "down"]),
        ("\x1bOA\x1bOF", ["up", "end"]),
        ("\x1b[5~\x1b[6~\x1b[H", ["pageup", "pagedown", "home"]),
        ("\r\n\t\x7f", ["enter", "enter", "tab", "backspace"]),
        ("\x04", ["q"]),
        ("\x1b[1;5Cq", ["q"]),
        ("\x1b[200~ü\x1b[201~", ["ü"]),
        ("\x1b[", []),
        ("", []),
    ],
)
def test_keys_in(sent: str, keys: list[str]) -> None:
    """Each by its character or name; what is not known is dropped whole."""
    assert keys == list(keys_in(sent))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """A terminal of which standard input is one end."""
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield ours, theirs
    with contextlib.suppress(OSError):
        os.close(ours)


def test_a_keyboard(terminal: tuple[int, int]) -> None:
    """Keys are told at once; between stop and start they belong to others, and the terminal is as it was."""
    import termios

    ours, theirs = terminal
    before = termios.tcgetattr(theirs)
    told: queue.SimpleQueue[Event] = queue.SimpleQueue()
    keyboard = Keyboard(told.put)
    with keyboard:
        assert before != termios.tcgetattr(theirs)
        os.write(ours, b"n")
        assert Key("n") == told.get(timeout=TIMEOUT)
        keyboard.stop()
        assert before == termios.tcgetattr(theirs)
        keyboard.start()
        os.write(ours, b"\x1b[B")
        assert Key("down") == told.get(timeout=TIMEOUT)
    assert before == termios.tcgetattr(theirs)
    keyboard.stop()


def test_the_terminal_goes(terminal: tuple[int, int]) -> None:
    """That is the end of the watch."""
    ours, _ = terminal
    told: queue.SimpleQueue[Event] = queue.SimpleQueue()
    with Keyboard(told.put):
        os.close(ours)
        assert Ended() == told.get(timeout=TIMEOUT)
