"""Styled lines on pytest's terminal writer."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from _pytest._code.code import TerminalRepr
from _pytest._io import TerminalWriter

from pytest_fastapi_kata.reports.lines import Line, Style, plain, to_ascii

_MARKUP: dict[Style, dict[str, bool]] = {
    "plain": {},
    "strong": {"bold": True},
    "good": {"green": True},
    "bad": {"red": True},
    "warn": {"yellow": True},
    "dim": {"light": True},
    "code": {"cyan": True},
}
_MOST_COLUMNS = 100
_NARROW = range(20, 40)


class _Crash:
    """What pytest shows of a failure in its one-line summary."""

    def __init__(self, message: str) -> None:
        self.message = message


class StyledText(TerminalRepr):
    """A failure's text as pytest wants it: for the terminal with colours, for files without."""

    def __init__(self, lines: list[Line], headline: str = "") -> None:
        self.lines = lines
        self.reprcrash = _Crash(headline)

    def __str__(self) -> str:
        return plain(self.lines)

    def toterminal(self, tw: TerminalWriter) -> None:
        """Write the lines."""
        write_lines(tw, self.lines)


def columns(tw: TerminalWriter) -> int:
    """Return how many columns to use.

    pytest takes any width below 40 for a mistake and writes for 80 columns,
    but a narrow pane of an editor or a split terminal is none.
    """
    own = shutil.get_terminal_size().columns
    return own if own in _NARROW else min(tw.fullwidth, _MOST_COLUMNS)


def write_lines(tw: TerminalWriter, lines: Iterable[Line]) -> None:
    """Write lines with their styles, in ASCII where the console can encode no more."""
    for one in lines:
        for text, style in one:
            tw.write(fitting(tw, text), **_MARKUP[style])
        tw.line()


def fitting(tw: TerminalWriter, text: str) -> str:
    """Return text that the writer's stream can encode."""
    try:
        text.encode(getattr(tw._file, "encoding", None) or "utf-8")  # noqa: SLF001 - pytest offers no other way
    except UnicodeEncodeError:
        return to_ascii(text)
    return text
