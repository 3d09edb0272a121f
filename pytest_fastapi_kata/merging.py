"""A three-way merge of texts, line by line.

Written by hand, since what PyPI has is either under the GPL (merge3) or merges within lines, which
makes programs that nobody wrote; and git, which merges well, is not there on every learner's machine.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import NamedTuple


class _Same(NamedTuple):
    """Lines that are the same in base, ours and theirs; where they begin, and how many."""

    base: int
    ours: int
    theirs: int
    size: int


def merge(base: str, ours: str, theirs: str) -> str | None:
    """Return ``ours`` with what ``theirs`` changed against ``base``, or None where both changed the same lines.

    Changes to neighbouring lines count as changes to the same ones, for nobody has seen them together.
    """
    texts = [text.splitlines(keepends=True) for text in (base, ours, theirs)]
    merged: list[str] = []
    at = [0, 0, 0]
    for same in _unchanged(*texts):
        pieces = [text[start:end] for text, start, end in zip(texts, at, same, strict=False)]
        decided = _decide(*pieces)
        if decided is None:
            return None
        merged += decided
        merged += texts[0][same.base : same.base + same.size]
        at = [same.base + same.size, same.ours + same.size, same.theirs + same.size]
    return "".join(merged)


def _decide(base: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    if theirs in (base, ours):
        return ours
    return theirs if ours == base else None


def _unchanged(base: list[str], ours: list[str], theirs: list[str]) -> Iterator[_Same]:
    """Yield the stretches that neither side changed, in order, and an empty one at the end."""
    left, right = _matches(base, ours), _matches(base, theirs)
    mine, other = next(left, None), next(right, None)
    while mine and other:
        start, end = max(mine.a, other.a), min(mine.a + mine.size, other.a + other.size)
        if start < end:
            yield _Same(start, mine.b + start - mine.a, other.b + start - other.a, end - start)
        if mine.a + mine.size < other.a + other.size:
            mine = next(left, None)
        else:
            other = next(right, None)
    yield _Same(len(base), len(ours), len(theirs), 0)


def _matches(base: list[str], other: list[str]) -> Iterator[difflib.Match]:
    # autojunk would take the most frequent lines of a long file for noise.
    return iter(difflib.SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()[:-1])
