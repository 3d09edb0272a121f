"""Two texts compared: side by side where there is room, as a unified diff elsewhere."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from pytest_fastapi_kata.reports.lines import Line, Style, harmless, harmless_lines, line

ROOM = 100
"""Columns from which two texts stand side by side."""

_GAP = " │ "
_UNIFIED: dict[str, Style] = {"+": "good", "-": "bad", "@": "dim"}


def comparison_lines(yours: str, theirs: str, width: int) -> Iterator[Line]:
    """Yield the learner's text (left, or -) and the kit's (right, or +), compared line by line."""
    left, right = harmless_lines(yours.rstrip("\r\n")), harmless_lines(theirs.rstrip("\r\n"))
    if left == right:
        yield line(("the same as yours", "dim"))
    elif width >= ROOM:
        yield from _side_by_side(left, right, (width - len(_GAP)) // 2)
    else:
        yield from _unified(left, right)


def _unified(left: Sequence[str], right: Sequence[str]) -> Iterator[Line]:
    diff = difflib.unified_diff(left, right, "yours", "the kit's", lineterm="", n=len(left) + len(right))
    for one in diff:
        if not one.startswith("@"):
            yield line((one, _UNIFIED.get(one[:1], "plain")))


def _side_by_side(left: Sequence[str], right: Sequence[str], room: int) -> Iterator[Line]:
    yield line((f"{'yours':<{room}}", "dim"), (_GAP, "dim"), ("the kit's", "dim"))
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    for kind, left_from, left_to, right_from, right_to in matcher.get_opcodes():
        same = kind == "equal"
        for mine, other in zip_longest(left[left_from:left_to], right[right_from:right_to]):
            pieces = zip_longest(_pieces(mine, room), _pieces(other, room), fillvalue="")
            for one, two in pieces:
                yield line(
                    (f"{one:<{room}}", "plain" if same else "bad"),
                    (_GAP, "dim"),
                    (two, "plain" if same else "good"),
                )


def _pieces(text: str | None, room: int) -> list[str]:
    shown = harmless(text or "")
    return [shown[start : start + room] for start in range(0, len(shown), room)] or [""]
