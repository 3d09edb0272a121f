"""What is to be seen of a session, as styled lines; the size of the screen is all it knows of the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pytest_fastapi_kata.exceptions import CatalogueError
from pytest_fastapi_kata.kata import Check, Kata
from pytest_fastapi_kata.reports.explained import failure_lines, why_lines
from pytest_fastapi_kata.reports.lines import Line, Segment, harmless, line, wrapped
from pytest_fastapi_kata.reports.solution import solution_lines
from pytest_fastapi_kata.results import CheckResult, KataResult
from pytest_fastapi_kata.texts import instructions, model_answer
from pytest_fastapi_kata.watch.session import Page, Session

MOST_COLUMNS = 100
_BAR = 10
_STATUS_LINES = 4
_ROOM_FOR_PLACE = 34
_PASSED: Segment = ("✓", "good")
_FAILED: Segment = ("✗", "bad")
_OPEN: Segment = ("·", "dim")
_AT_WORK: Segment = ("▸", "warn")
_KEYS = (
    ("n", "next", "the next kata that is not solved"),
    ("p", "previous", "the kata before this one"),
    ("l", "list", "all katas, to choose one"),
    ("t", "task", "what the kata asks for"),
    ("h", "hint", "a hint, and with each press one more"),
    ("a", "answer", "the model answer to the question"),
    ("s", "solution", "the kit's own solution"),
    ("r", "run", "run the checks now"),
    ("o", "open", "open the file in $EDITOR"),
    ("x", "reset", "the stub again, with a backup of what you wrote"),
    ("?", "keys", "this page"),
    ("q", "quit", "end the watch"),
)


@dataclass(frozen=True)
class Markdown:
    """A text that is still to be rendered."""

    text: str


Body = list[Line] | Markdown


def head(session: Session, width: int) -> list[Line]:
    """Return the kata and the progress over all, in one line, and the file to edit."""
    kata = session.kata
    total = len(session.results)
    full = session.solved * _BAR // total if total else 0
    progress = f"{session.solved} of {total} solved "
    title = _shortened(f"{kata.id} · {harmless(kata.title)}", max(20, width - len(progress) - _BAR - 2))
    gap = " " * max(1, width - len(title) - len(progress) - _BAR)
    return [
        line((title, "strong"), gap, (progress, "dim"), ("█" * full, "good"), ("░" * (_BAR - full), "dim")),
        line((f"katas/{kata.folder}/{kata.entry}", "code"), (f"  {kata.level}", "dim")),
    ]


def body(session: Session, width: int, height: int) -> Body:
    """Return the page that is shown."""
    try:
        markdown = _markdown(session)
        if markdown is not None:
            return markdown
        pages: dict[Page, Callable[[], Iterable[Line]]] = {
            "solution": lambda: _solution(session, width),
            "hints": lambda: _hints(session, width),
            "list": lambda: _listing(session, width, height),
            "keys": _keys,
        }
        return list(pages.get(session.page, lambda: verdict(session, width, height))())
    except CatalogueError as error:
        return list(wrapped(str(error), width, style="bad"))


def _markdown(session: Session) -> Markdown | None:
    kata = session.kata
    if session.page == "task":
        return Markdown(instructions(kata, session.workspace.folder(kata)))
    if session.page == "answer":
        return Markdown(f"**{kata.question}**\n\n{model_answer(kata)}")
    return None


def foot(session: Session, width: int, where: str = "") -> list[Line]:
    """Return what is going on, and the keys that help now; ``where`` tells the place in a long page."""
    where = where if width >= _ROOM_FOR_PLACE else ""
    text, style = _status_in_words(session)
    text = harmless(" ".join(text.split()))
    *before, last = textwrap.wrap(text, max(20, width - len(where) - 1), max_lines=_STATUS_LINES, placeholder=" …") or [
        ""
    ]
    gap = " " * max(1, width - len(last) - len(where))
    status = [*(line((one, style)) for one in before), line((last, style), gap, (where, "dim"))]
    return [*status, _keys_now(session, width)]


def _status_in_words(session: Session) -> Segment:
    if session.question is not None:
        return f"{session.question.text} (y/n)", "warn"
    if session.notice:
        return session.notice, "warn"
    if session.running:
        return f"checking … {len(session.ticks)} of {len(session.kata.checks)}", "plain"
    if session.gone:
        return "waiting for the folder to come back", "dim"
    if session.time:
        return f"checked at {session.time} · each save is checked", "dim"
    return "each save is checked", "dim"


def _keys_now(session: Session, width: int) -> Line:
    names = _helpful(session)
    words = {key: word for key, word, _ in _KEYS}
    words |= {"↑↓": "choose" if session.page == "list" else "scroll", "enter": "go there", "escape": "back"}
    if session.page == "list":
        words |= {"l": "back", "q": "back"}
    *others, last = [line((name, "code"), (f" {words[name]}   ", "dim")) for name in names]
    shown: list[Segment] = []
    # The way out is always there.
    room = width - _length(last)
    for piece in others:
        if _length((*shown, *piece)) <= room:
            shown += piece
    return (*shown, *last)


def _length(segments: Iterable[Segment]) -> int:
    return sum(len(text) for text, _ in segments)


def _helpful(session: Session) -> tuple[str, ...]:
    if session.page == "list":
        return ("↑↓", "enter", "l", "q")
    if session.page != "verdict":
        return ("escape", *("h" * (session.page == "hints")), "↑↓", "o", "l", "?", "q")
    if session.result.status == "solved" and not session.running:
        return ("n", "a", "s", "l", "?", "q")
    return ("h", "t", "o", "r", "n", "l", "?", "q")


def _shortened(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}…"


# The verdict.


def verdict(session: Session, width: int, height: int) -> Iterator[Line]:
    """Yield the checks, and what there is to say about them."""
    result = session.result
    if session.gone:
        yield from _gone(session)
    elif session.running:
        yield from _checks(session.kata, session.ticks, running=True)
    elif result.status == "not_started":
        yield from _not_started(session, width)
    elif result.status == "unavailable":
        yield from wrapped(f"{result.note}\nSave the file again when it is installed.", width, style="warn")
    elif result.status == "solved":
        yield from _checks(session.kata, _by_name(result), running=False)
        yield from _solved(session, width)
    else:
        yield from _failing(result, width, height)


def _by_name(result: KataResult) -> dict[str, CheckResult]:
    return {check.name: check for check in result.checks}


def _checks(kata: Kata, known: dict[str, CheckResult], *, running: bool) -> Iterator[Line]:
    waiting = [check.name for check in kata.checks if check.name not in known]
    for check in kata.checks:
        at_work = running and waiting[:1] == [check.name]
        yield line(_AT_WORK if at_work else _mark(check, known), f" {harmless(check.title)}")


def _mark(check: Check, known: dict[str, CheckResult]) -> Segment:
    result = known.get(check.name)
    return _OPEN if result is None else _PASSED if result.outcome == "passed" else _FAILED


def _failing(result: KataResult, width: int, height: int) -> Iterator[Line]:
    """Yield each check, and the explanation of the first that failed; the checks in one line where there is no room."""
    if not result.failed:
        yield from _checks(result.kata, _by_name(result), running=False)
        return
    first, known = result.failed[0], _by_name(result)
    every = list(_checks(result.kata, known, running=False))
    why = list(why_lines(result, first, width))
    if len(every) + len(why) + 1 <= height:
        yield from every
        yield line()
        yield from why
        return
    passed = len(result.checks) - len(result.failed)
    marks = [_mark(check, known) for check in result.kata.checks]
    yield line(*marks, (f"  {passed} of {len(result.kata.checks)} checks pass", "dim"))
    yield line()
    yield from failure_lines(result, first, width)


def _solved(session: Session, width: int) -> Iterator[Line]:
    yield line()
    yield line((f"{session.kata.id} is solved.", "good"))
    yield line()
    yield from wrapped(f"“{session.kata.question}”", width, style="dim")
    yield line(("a", "code"), " shows the model answer to it, ", ("s", "code"), " the kit's solution.")
    following = session.following()
    if following is None:
        yield line(("All katas are solved.", "good"))
    else:
        yield line(("n", "code"), f" goes on to {following.id} · {harmless(following.title)}")


def _not_started(session: Session, width: int) -> Iterator[Line]:
    yield from wrapped(f"“{session.kata.question}”", width, style="dim")
    yield line()
    yield line(
        "Not started yet. ", ("t", "code"), " shows the task, ", ("o", "code"), " opens the file in your editor."
    )
    yield line("Save it, and it is checked.")
    yield line()
    yield from _checks(session.kata, {}, running=False)


def _gone(session: Session) -> Iterator[Line]:
    yield line((f"The folder katas/{session.kata.folder} is gone.", "bad"))
    yield line("Put it back, and it is checked again; or ", ("x", "code"), " lays the stub out there.")


# The other pages.


def _hints(session: Session, width: int) -> Iterator[Line]:
    hints = session.kata.hints
    for number, text in enumerate(hints[: session.hints], 1):
        yield line((f"Hint {number} of {len(hints)}", "warn"))
        yield from wrapped(text, width)
        yield line()
    for check in session.result.failed:
        own = session.kata.check(check.name).hint
        if own:
            yield line((f"On “{harmless(check.title)}”", "warn"))
            yield from wrapped(own, width)
            yield line()
    if session.hints < len(hints):
        yield line(("h", "code"), (" shows the next one.", "dim"))
    else:
        yield line(("That was the last one. ", "dim"), ("s", "code"), (" shows an answer.", "dim"))


def _solution(session: Session, width: int) -> Iterable[Line]:
    kata = session.kata
    own = session.workspace.folder(kata) if session.was_solved() else None
    return solution_lines(kata, kata.solution, own, width)


def _listing(session: Session, width: int, height: int) -> Iterator[Line]:
    """Yield as many katas as there is room for, those around the cursor."""
    results = list(session.results.values())
    start = max(0, min(session.cursor - height // 2, len(results) - height))
    marks: dict[str, Segment] = {"solved": _PASSED, "not_started": _OPEN, "unavailable": ("–", "warn")}
    for number, result in enumerate(results[start : start + height], start):
        here = number == session.cursor
        text = f" {result.kata.id}  {result.kata.level:<13} {harmless(result.kata.title)}"
        mark: Segment = marks.get(result.status, _FAILED)
        yield line(("▸ " if here else "  ", "code"), mark, (_shortened(text, width - 3), "strong" if here else "plain"))


def _keys() -> Iterator[Line]:
    for key, word, text in _KEYS:
        yield line((f"  {key}  ", "code"), (f"{word:<10}", "strong"), text)
    yield line()
    yield line(("  ↑↓ space b  ", "code"), "scroll; ", ("escape", "code"), " goes back to the verdict")
