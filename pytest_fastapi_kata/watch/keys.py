"""Single keys from the terminal, without waiting for the end of a line."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, Self

from pytest_fastapi_kata.watch.events import Ended, Key, Tell

_NAMED = {
    "\x1b": "escape", "\r": "enter", "\n": "enter", "\x7f": "backspace", "\x08": "backspace", "\t": "tab", "\x04": "q",
}  # fmt: skip
_SEQUENCES = {
    "A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "Z": "tab",
    "1~": "home", "4~": "end", "5~": "pageup", "6~": "pagedown", "7~": "home", "8~": "end",
}  # fmt: skip
_WINDOWS_CODES = {
    "H": "up", "P": "down", "K": "left", "M": "right", "I": "pageup", "Q": "pagedown", "G": "home", "O": "end",
}  # fmt: skip
_ESCAPE_SECONDS = 0.05


def keys_in(text: str) -> Iterator[str]:
    """Yield the keys that a terminal has sent, by character or name; sequences that mean nothing here are dropped."""
    rest = text
    while rest:
        if rest[0] == "\x1b" and rest[1:2] in ("[", "O"):
            end = next((n for n, char in enumerate(rest[2:], 2) if "@" <= char <= "~"), len(rest) - 1)
            name = _SEQUENCES.get(rest[2 : end + 1])
            if name:
                yield name
            rest = rest[end + 1 :]
        else:
            yield _NAMED.get(rest[0], rest[0])
            rest = rest[1:]


if sys.platform == "win32":

    class Keyboard:
        """A thread that tells of every key."""

        def __init__(self, tell: Tell) -> None:
            self._tell = tell
            self._stop = threading.Event()
            self._thread: threading.Thread | None = None

        def start(self) -> None:
            """Begin to read."""
            self._stop.clear()
            self._thread = threading.Thread(target=self._read, name="keys", daemon=True)
            self._thread.start()

        def stop(self) -> None:
            """Leave the keys to others."""
            self._stop.set()
            if self._thread is not None:
                self._thread.join()

        def _read(self) -> None:
            import msvcrt

            while not self._stop.wait(_ESCAPE_SECONDS):
                while msvcrt.kbhit():
                    char = msvcrt.getwch()
                    name = _WINDOWS_CODES.get(msvcrt.getwch(), "") if char in "\0\xe0" else _NAMED.get(char, char)
                    if name:
                        self._tell(Key(name))

        def __enter__(self) -> Self:
            self.start()
            return self

        def __exit__(self, *_: object) -> None:
            self.stop()

else:
    import select
    import termios
    import tty

    class Keyboard:
        """A thread that tells of every key; the terminal is put back as it was at the end."""

        def __init__(self, tell: Tell) -> None:
            self._tell = tell
            self._fd = sys.stdin.fileno()
            self._before: list[Any] = []
            self._wake: tuple[int, int] | None = None
            self._thread: threading.Thread | None = None

        def start(self) -> None:
            """Begin to read; what was typed before is dropped."""
            self._before = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd, termios.TCSAFLUSH)
            self._wake = os.pipe()
            self._thread = threading.Thread(target=self._read, args=(self._wake[0],), name="keys", daemon=True)
            self._thread.start()

        def stop(self) -> None:
            """Leave the keys to others, and the terminal as it was."""
            if self._wake is None or self._thread is None:
                return
            os.write(self._wake[1], b".")
            self._thread.join()
            for end in self._wake:
                os.close(end)
            self._wake = None
            with contextlib.suppress(termios.error):  # the terminal may have gone
                termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)

        def _read(self, wake: int) -> None:
            while True:
                ready, _, _ = select.select([self._fd, wake], [], [])
                if wake in ready:
                    return
                data = self._some()
                if not data:
                    self._tell(Ended())
                    return
                for name in keys_in(data.decode("utf-8", "ignore")):
                    self._tell(Key(name))

        def _some(self) -> bytes:
            try:
                data = os.read(self._fd, 1024)
                # A sequence may come in pieces; the key Escape comes alone.
                while data.endswith((b"\x1b", b"\x1b[", b"\x1bO")):
                    if not select.select([self._fd], [], [], _ESCAPE_SECONDS)[0]:
                        break
                    data += os.read(self._fd, 1024)
            except OSError:
                return b""
            return data

        def __enter__(self) -> Self:
            self.start()
            return self

        def __exit__(self, *_: object) -> None:
            self.stop()
