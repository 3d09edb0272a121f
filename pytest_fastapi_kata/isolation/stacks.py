"""Reading what faulthandler wrote down about a process that hung or crashed."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_fastapi_kata.explanation import Frame

_LINE = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+) in (?P<function>.+)$')


def stuck_frames(stacks: Path, folder: Path) -> tuple[Frame, ...]:
    """Return the learner's frames of the thread that was in their code, outermost first.

    faulthandler lists each thread with the innermost frame first. Without a
    dump, or without a thread in the learner's folder, nothing is returned.
    """
    try:
        text = stacks.read_text("utf-8", "replace")
    except OSError:
        return ()
    folder = folder.resolve()
    for thread in re.split(r"^(?:Current thread|Thread) ", text, flags=re.MULTILINE)[1:]:
        frames = [frame for line in thread.splitlines() if (frame := _frame(line, folder))]
        if frames:
            return tuple(reversed(frames))
    return ()


def _frame(line: str, folder: Path) -> Frame | None:
    found = _LINE.match(line)
    if found is None or not Path(found["file"]).is_relative_to(folder):
        return None
    file, number = Path(found["file"]), int(found["line"])
    try:
        code = file.read_text("utf-8").splitlines()[number - 1].strip()
    except (OSError, UnicodeDecodeError, IndexError):
        code = ""
    return Frame(file.relative_to(folder).as_posix(), number, found["function"], code)
