"""Styled lines: what a report says, apart from how a terminal shows it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Literal

Style = Literal["plain", "strong", "good", "bad", "warn", "dim", "code"]
Segment = tuple[str, Style]
Line = tuple[Segment, ...]

_LEAST_COLUMNS = 20  # less would leave one word a line
_WORDS = re.compile(r"\s*\S+\s*|\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_ASCII = str.maketrans(
    {
        "·": "-", "→": "->", "…": "...", "✓": "+", "✗": "x", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'",
        "‘": "'", "│": "|", "─": "-", "≥": ">=", "≤": "<=", "×": "x", "•": "*", "█": "#", "░": ".",
        "▸": ">", "▌": "|", "━": "=", "↑": "^", "↓": "v",
    }
)  # fmt: skip


def line(*segments: Segment | str) -> Line:
    """Return a line; bare texts are plain."""
    return tuple((segment, "plain") if isinstance(segment, str) else segment for segment in segments)


def harmless(text: str) -> str:
    """Return text that a terminal can be given: control characters are written out, so no escape reaches it."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text).replace("\t", "    ")


def plain(lines: Iterator[Line] | list[Line]) -> str:
    """Return lines as text without any style."""
    return "\n".join("".join(text for text, _ in one).rstrip() for one in lines)


def to_ascii(text: str) -> str:
    """Return text for a console that can show nothing else; what has no likeness is written as an escape."""
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode()


def wrapped(text: str, width: int, indent: str = "", style: Style = "plain") -> Iterator[Line]:
    """Yield text in lines of at most ``width`` columns; its own line breaks stay."""
    room = max(1, max(_LEAST_COLUMNS, width) - len(indent))
    for paragraph in harmless_lines(text):
        pieces = textwrap.wrap(paragraph, room, break_long_words=False, break_on_hyphens=False) or [""]
        for piece in pieces:
            yield line(indent, (piece, style))


def flowing(whole: Line, width: int, indent: str) -> Iterator[Line]:
    """Yield a line, in several where the width asks for it; code, which is there to be copied, stays in one piece."""
    width = max(_LEAST_COLUMNS, width)
    row: list[Segment] = []
    used = 0
    for text, style in whole if _columns(whole) > width else ():
        for piece in [text] if style == "code" else _WORDS.findall(text):
            words = piece
            if used + len(piece.rstrip()) > width and any(one.strip() for one, _ in row):
                yield _without_end(row)
                row, used, words = [(indent, "plain")], len(indent), piece.lstrip()
            row.append((words, style))
            used += len(words)
    yield _without_end(row) if row else whole


def _without_end(row: list[Segment]) -> Line:
    *others, (text, style) = row
    return line(*others, (text.rstrip(), style))


def _columns(one: Line) -> int:
    return len("".join(text for text, _ in one).rstrip())


def harmless_lines(text: str) -> list[str]:
    """Return the lines of a text, each of them harmless."""
    return [harmless(one) for one in text.replace("\r\n", "\n").split("\n")]
