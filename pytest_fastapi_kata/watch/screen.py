"""The watch on a terminal, painted with rich."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markdown import Markdown as RichMarkdown
from rich.segment import Segment
from rich.style import Style as RichStyle
from rich.text import Text

from pytest_fastapi_kata.reports.lines import Line, Style, harmless_lines, to_ascii
from pytest_fastapi_kata.texts import without_brackets
from pytest_fastapi_kata.watch.events import Tell
from pytest_fastapi_kata.watch.keys import Keyboard
from pytest_fastapi_kata.watch.session import Session
from pytest_fastapi_kata.watch.view import MOST_COLUMNS, Body, Markdown, body, foot, head

Row = list[Segment]

_PLACE = "000/000 ↑↓"
_STYLES: dict[Style, RichStyle] = {
    "plain": RichStyle(),
    "strong": RichStyle(bold=True),
    "good": RichStyle(color="green"),
    "bad": RichStyle(color="red"),
    "warn": RichStyle(color="yellow"),
    "dim": RichStyle(dim=True),
    "code": RichStyle(color="cyan"),
}


class Picture:
    """A session as something that rich can paint: head, page and foot, as tall as the screen."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the rows for a screen of this size."""
        width, height = options.max_width, options.height or console.height
        for number, row in enumerate(self._rows(console, width, height)):
            if number:
                yield Segment.line()
            yield from Segment.adjust_line_length(row, width)

    def _rows(self, console: Console, width: int, height: int) -> list[Row]:
        session, columns = self._session, min(width, MOST_COLUMNS)
        top = [*_rows_of(head(session, columns), console, width, wrap=False), []]
        below = len(foot(session, columns, _PLACE)) + 1
        room = max(1, height - len(top) - below)
        page = _page(body(session, columns, room), console, columns)
        session.top = min(session.top, max(0, len(page) - room))
        shown = page[session.top : session.top + room]
        where = "" if len(page) <= room else f"{session.top + len(shown)}/{len(page)} ↑↓"
        bottom = _rows_of(foot(session, columns, f"{where:>{len(_PLACE)}}"), console, width, wrap=False)
        rows = [*top, *shown, *([[]] * (room - len(shown))), [], *bottom]
        # On a screen of a few rows the page matters more than what is around it.
        return (
            rows if len(rows) <= height else [*page[session.top : session.top + max(1, height - 1)], bottom[0]][:height]
        )


def _page(content: Body, console: Console, width: int) -> list[Row]:
    if isinstance(content, Markdown):
        text = without_brackets("\n".join(harmless_lines(content.text)))
        options = console.options.update(width=width, height=None)
        rows = console.render_lines(RichMarkdown(text, hyperlinks=False), options, pad=False)
        return [[_fitting_segment(segment, console) for segment in row] for row in rows]
    return _rows_of(content, console, width, wrap=True)


def _rows_of(lines: Iterable[Line], console: Console, width: int, *, wrap: bool) -> list[Row]:
    rows: list[Row] = []
    for one in lines:
        text = Text(no_wrap=not wrap, overflow="fold" if wrap else "crop", end="")
        for piece, style in one:
            text.append(_fitting(piece, console), _STYLES[style])
        rows += console.render_lines(text, console.options.update(width=width, height=None), pad=False)
    return rows


def _fitting_segment(segment: Segment, console: Console) -> Segment:
    return Segment(_fitting(segment.text, console), segment.style, segment.control)


def _fitting(text: str, console: Console) -> str:
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return to_ascii(text)
    return text


class Screen:
    """The whole terminal and its keyboard, given back at the end."""

    def __init__(self, console: Console, tell: Tell) -> None:
        self._live = Live(
            console=console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._keyboard = Keyboard(tell)

    def __enter__(self) -> Self:
        self._live.start()
        self._keyboard.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._keyboard.stop()
        self._live.stop()

    def update(self, session: Session) -> None:
        """Paint the session."""
        self._live.update(Picture(session), refresh=True)

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Give the terminal to somebody else for a while."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()
