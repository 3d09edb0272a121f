"""Two values side by side: texts that a learner can read, and their difference."""

from __future__ import annotations

import difflib
import json
import pprint
import textwrap
from dataclasses import dataclass
from typing import Any

TEXT_LIMIT = 3_000
DIFF_LINES = 60
_ONE_LINE = 88
_DIFF_HEADS = ("--- ", "+++ ", "@@")


@dataclass(frozen=True)
class Comparison:
    """What was expected and what came, as texts, and the lines in which they differ."""

    expected: str
    got: str
    diff: tuple[str, ...] = ()


class Words(str):
    """A text that stands for itself in a comparison, and is shown without quotation marks."""

    __slots__ = ()


class Exactly:
    """Equals a JSON value of the same shape *and* the same types.

    Python takes ``1 == True == 1.0`` for true; in an API's answer these are
    three different things.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return _same(self.value, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.value)


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def compare(operator: str, left: Any, right: Any) -> Comparison:
    """Describe a comparison that did not hold, ``left`` being what came and ``right`` what was wanted."""
    if isinstance(right, Exactly):
        right = right.value
    if isinstance(left, Exactly):
        left = left.value
    if operator == "==":
        left = _ordered_like(left, right)
        expected, got = as_text(right), as_text(left)
        if ("\n" in expected) != ("\n" in got):
            # Broken into lines alike, so that equal parts can be seen to be equal.
            expected, got = as_text(right, broken=True), as_text(left, broken=True)
        return Comparison(expected, got, _difference(expected, got))
    if operator == "in" and isinstance(right, str | bytes | list | dict):
        # What came holds the answer here; a tuple or set on the right side lists what is allowed.
        return Comparison(f"something with {as_text(left)} in it", as_text(right))
    wanted = {
        "!=": "anything but {}",
        "in": "one of {}",
        "not in": "none of {}",
        "is": "{}",
        "is not": "anything but {}",
    }.get(operator, f"a value {operator} {{}}")
    return Comparison(wanted.format(as_text(right)), as_text(left))


def as_text(value: Any, *, broken: bool = False) -> str:
    """Return JSON where the value is JSON (on one line if it fits), else Python's own notation, cut."""
    if isinstance(value, Words):
        return value
    try:
        text = json_text(value, broken=broken)
    except (TypeError, ValueError, RecursionError):
        text = _safe_format(value)
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}… ({len(text) - TEXT_LIMIT} characters more)"


def json_text(value: Any, room: int = _ONE_LINE, indent: str = "", *, broken: bool = False) -> str:
    """Return JSON in which every part that fits into ``room`` columns stands on one line.

    ``broken`` puts at least the parts of the value itself on lines of their own.

    Raises:
        TypeError, ValueError, RecursionError: the value is not JSON.
    """
    flat = json.dumps(value, ensure_ascii=False)
    fits = len(flat) + len(indent) <= room and not broken
    if fits or not isinstance(value, dict | list | tuple) or not value:
        return flat
    deeper = indent + "  "
    if isinstance(value, dict):
        # As keys, json.dumps takes more than text; this way they are written as it writes them.
        keys = list(json.loads(json.dumps(dict.fromkeys(value))))
        parts = [
            f"{json.dumps(key, ensure_ascii=False)}: {json_text(item, room, deeper)}"
            for key, item in zip(keys, value.values(), strict=True)
        ]
        opening, closing = "{", "}"
    else:
        parts, (opening, closing) = [json_text(item, room, deeper) for item in value], "[]"
    if opening == "[" and all(isinstance(item, int | float) for item in value) and not broken:
        # Many numbers are read like text, not one to a line.
        filled = textwrap.wrap(", ".join(parts), room, break_long_words=False, break_on_hyphens=False)
        parts = [line.removesuffix(",") for line in filled]
    inner = ",\n".join(deeper + part for part in parts)
    return f"{opening}\n{inner}\n{indent}{closing}"


def _safe_format(value: Any) -> str:
    # A learner's class may raise in __repr__, and that must not hide the verdict.
    try:
        return pprint.pformat(value, width=_ONE_LINE, sort_dicts=False)
    except Exception as error:  # noqa: BLE001
        return f"<{type(value).__name__}, whose repr raises {type(error).__name__}>"


def _ordered_like(value: Any, model: Any) -> Any:
    # JSON objects have no order, so a difference in it would only be noise.
    if isinstance(value, dict) and isinstance(model, dict):
        keys = [key for key in model if key in value] + [key for key in value if key not in model]
        return {key: _ordered_like(value[key], model.get(key)) for key in keys}
    if isinstance(value, list) and isinstance(model, list):
        return [_ordered_like(item, model[i] if i < len(model) else None) for i, item in enumerate(value)]
    return value


def _difference(expected: str, got: str) -> tuple[str, ...]:
    if "\n" not in expected and "\n" not in got:
        return ()
    # A comma at the end only says that more follows; as a difference it would be noise.
    wanted, came = ([one.removesuffix(",") for one in text.splitlines()] for text in (expected, got))
    lines = [one for one in difflib.unified_diff(wanted, came, lineterm="", n=2) if not one.startswith(_DIFF_HEADS)]
    if len(lines) > DIFF_LINES:
        lines = [*lines[:DIFF_LINES], f"… ({len(lines) - DIFF_LINES} lines more)"]
    return tuple(lines)
