"""From an exception in a check to what the learner is told; the check's own source stays hidden."""

from __future__ import annotations

import ast
import linecache
import os
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from pytest_fastapi_kata.clients import Recorded, Recorder
from pytest_fastapi_kata.comparison import Comparison
from pytest_fastapi_kata.exceptions import KataError, LearnerError, ServerError
from pytest_fastapi_kata.explanation import Explanation, Frame, Kind

MESSAGE_LIMIT = 1_200
_SYNTAX = "Python cannot read your code."
_RAISES = "Your code raises an exception while it is imported."
FRAMES = 8
EARLIER = 3


def explain(  # noqa: PLR0913 - each of these is one fact of the failure
    error: BaseException,
    *,
    requirement: str,
    folder: Path,
    acceptance: Path,
    recorder: Recorder,
    comparison: Comparison | None,
    importing: bool,
    printed: str,
    seed: int,
) -> Explanation:
    """Explain why a check failed.

    ``importing`` says that the learner's module was being imported;
    ``comparison`` is that of the failed assert, if it compared two values.
    """
    raised = _learners_error(error, recorder, folder, importing=importing)
    relevant = _relevant(error, acceptance, recorder)
    if raised is None:
        raised = next((record.raised for record in reversed(relevant) if record.raised is not None), None)
    kind, message = _kind_and_message(error, raised, importing=importing)
    shown = comparison if kind == "assertion" else None
    return Explanation(
        requirement=requirement,
        kind=kind,
        message=message,
        expected=shown.expected if shown else "",
        got=shown.got if shown else "",
        diff=shown.diff if shown else (),
        exchanges=tuple(record.exchange for record in relevant),
        earlier=_earlier(recorder, relevant),
        # That the time was up is the message already; what raised it is the kit's alarm.
        error=_without_folder(describe(raised), folder) if raised is not None and kind != "timeout" else "",
        frames=learner_frames(raised, folder) if raised is not None else (),
        printed=printed,
        seed=seed,
    )


def _kind_and_message(error: BaseException, raised: BaseException | None, *, importing: bool) -> tuple[Kind, str]:
    if isinstance(error, LearnerError):
        return "import", str(error)
    end = _kind_of_end(error)
    if end is not None:
        return end
    if importing:
        unreadable = isinstance(error, SyntaxError)
        return "import", _SYNTAX if unreadable else _RAISES
    if isinstance(error, AssertionError):
        return "assertion", _told(error)
    if isinstance(error, ServerError):
        # That the server comes up is a requirement like any other.
        return "assertion", str(error)
    return "error", _words_of_error(error, raised)


def _kind_of_end(error: BaseException) -> tuple[Kind, str] | None:
    name = type(error).__name__
    if isinstance(error, KeyboardInterrupt) or name == "Exit":
        text = f"Your code ended the test run ({describe(error)}). A check that does not come to its end is not passed."
        return "died", text
    if name == "Failed" and "Timeout" in str(error):
        return "timeout", "The check did not come to an end within its time."
    return None


def _words_of_error(error: BaseException, raised: BaseException | None) -> str:
    if isinstance(error, KataError):
        return str(error)
    # What is no Exception, like SystemExit, tears down the loop: the check sees no more than a cancellation.
    if raised is error or (raised is not None and not isinstance(error, Exception)):
        return "Your code raised an exception."
    return f"The check could make nothing of the answer ({describe(error)})."


def _told(error: AssertionError) -> str:
    # pytest puts the author's message first and its own account of the assert, which quotes source, behind it.
    text = str(error)
    head, found, _ = text.partition("\nassert ")
    if text.startswith("assert "):
        return ""
    return _cut(head.strip() if found else text.strip())


def _without_folder(text: str, folder: Path) -> str:
    # FastAPI and Python name files by their whole path; the learner knows them by name.
    return text.replace(f"{folder}{os.sep}", "")


def _cut(text: str, limit: int = MESSAGE_LIMIT) -> str:
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} characters more)"


def describe(error: BaseException) -> str:
    """Return an exception as Python prints its last line; a message that cannot be made is said to be so."""
    name = type(error).__name__
    try:
        if isinstance(error, SyntaxError):
            return _cut("".join(traceback.format_exception_only(error)).strip())
        text = str(error)
    except BaseException as inner:  # noqa: BLE001 - the learner's __str__ may do anything
        return f"{name} (its message cannot be shown: {type(inner).__name__})"
    return _cut(f"{name}: {text}" if text else name)


def learner_frames(error: BaseException, folder: Path) -> tuple[Frame, ...]:
    """Return the frames of the learner's files, outermost first; causes come before what they caused."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    frames = [frame for link in reversed(chain) for frame in _frames_of(link, folder)]
    return tuple(frames[-FRAMES:])


def _frames_of(error: BaseException, folder: Path) -> Iterator[Frame]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _frames_of(inner, folder)
    for step in _steps(error.__traceback__):
        file = Path(step.tb_frame.f_code.co_filename)
        if file.is_relative_to(folder):
            yield source_frame(file, step.tb_lineno, step.tb_frame.f_code.co_name, folder)
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_relative_to(folder):
        yield source_frame(Path(error.filename), error.lineno or 1, "", folder)


def source_frame(file: Path, line: int, function: str, folder: Path) -> Frame:
    """Return a frame with the line of code that it stands at."""
    linecache.checkcache(str(file))
    code = linecache.getline(str(file), line).strip()
    return Frame(file.relative_to(folder).as_posix(), line, function, code)


def _steps(start: TracebackType | None) -> Iterator[TracebackType]:
    while start is not None:
        yield start
        start = start.tb_next


def _learners_error(error: BaseException, recorder: Recorder, folder: Path, *, importing: bool) -> BaseException | None:
    if isinstance(error, KataError):
        return None
    if importing:
        return error
    if recorder.last_raised is not None:
        return recorder.last_raised
    if isinstance(error, AssertionError):
        return None
    return error if _passes_through_learner(error, folder) else None


def _passes_through_learner(error: BaseException, folder: Path) -> bool:
    return any(Path(step.tb_frame.f_code.co_filename).is_relative_to(folder) for step in _steps(error.__traceback__))


def _relevant(error: BaseException, acceptance: Path, recorder: Recorder) -> list[Recorded]:
    """Return the records of the responses that the failed statement speaks of, else the last one."""
    if not recorder.records:
        return []
    responses = _responses_in_statement(error, acceptance)
    chosen = [record for record in recorder.records if any(record.response is response for response in responses)]
    return chosen[-3:] or [recorder.records[-1]]


def _responses_in_statement(error: BaseException, acceptance: Path) -> list[Any]:
    found: list[Any] = []
    for step in _steps(error.__traceback__):
        if Path(step.tb_frame.f_code.co_filename) == acceptance:
            names = _names_at(acceptance, step.tb_lineno)
            found += [value for name, value in step.tb_frame.f_locals.items() if name in names]
    return [value for value in found if hasattr(value, "status_code") and hasattr(value, "request")]


def _names_at(file: Path, line: int) -> set[str]:
    try:
        tree = ast.parse("".join(linecache.getlines(str(file))))
    except SyntaxError:
        return set()
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Assert | ast.Expr | ast.Assign)]
    statements = [node for node in statements if node.lineno <= line <= (node.end_lineno or node.lineno)]
    return {node.id for statement in statements for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _earlier(recorder: Recorder, relevant: list[Recorded]) -> tuple[str, ...]:
    """Return one line for each of the exchanges just before the one that matters."""
    if not relevant:
        return ()
    last = recorder.records.index(relevant[-1])
    before = [record for record in recorder.records[:last] if record not in relevant]
    return tuple(
        f"{record.exchange.method} {record.exchange.target} → {record.exchange.reason}"
        for record in before[-EARLIER:]
    )  # fmt: skip
