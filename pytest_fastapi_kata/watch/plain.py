"""The watch without a terminal: a line for each thing that happens, nothing painted over, no keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Self

from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.reports.explained import failure_lines
from pytest_fastapi_kata.reports.lines import Line, harmless, line
from pytest_fastapi_kata.watch.session import Session

Write = Callable[[Iterable[Line]], None]


class PlainLines:
    """Writes what is new of a session."""

    def __init__(self, write: Write, width: int) -> None:
        self._write = write
        self._width = width
        self._kata: Kata | None = None
        self._run = 0
        self._told: set[str] = set()
        self._result: object = None
        self._notice = ""
        self._gone = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """There is nothing to put away."""
        yield

    def update(self, session: Session) -> None:
        """Write what has happened since the last time."""
        self._write(list(self._news(session)))

    def _news(self, session: Session) -> Iterator[Line]:
        if session.kata is not self._kata:
            self._kata, self._result = session.kata, None
            yield line((f"{session.kata.id} · {harmless(session.kata.title)}", "strong"))
            yield line(("watching ", "dim"), (f"katas/{session.kata.folder}/{session.kata.entry}", "code"))
        if session.run != self._run:
            self._run, self._told = session.run, set()
            if session.running:
                yield line()
                yield line(("checking …", "dim"))
        for check in session.ticks.values():
            if session.running and check.name not in self._told:
                self._told.add(check.name)
                yield line(("  ✓ ", "good") if check.outcome == "passed" else ("  ✗ ", "bad"), harmless(check.title))
        yield from self._verdict(session)
        yield from self._others(session)

    def _verdict(self, session: Session) -> Iterator[Line]:
        result = session.result
        if session.running or session.gone or result is self._result:
            return
        self._result = result
        if result.failed:
            yield line()
            yield from failure_lines(result, result.failed[0], self._width)
        elif result.status == "solved":
            yield line((f"{result.kata.id} is solved. ", "good"), *_where_to(session))
        elif result.status == "unavailable":
            yield line((result.note, "warn"))
        else:
            yield line("Not started yet: save the file, and it is checked.")

    def _others(self, session: Session) -> Iterator[Line]:
        if session.gone != self._gone:
            self._gone = session.gone
            if session.gone:
                yield line((f"The folder katas/{session.kata.folder} is gone. ", "bad"), "Waiting for it to come back.")
        if session.notice != self._notice:
            self._notice = session.notice
            if session.other is not None:
                yield line((f"You saved {session.other.id}, and {session.kata.id} is watched.", "warn"))
            elif session.notice:
                yield line((harmless(session.notice), "warn"))


def _where_to(session: Session) -> Line:
    following = session.following()
    if following is None:
        return line("All katas are solved.")
    return line("Next: ", (f"fastapi-kata watch {following.id}", "code"))
