"""What a failed check tells, as data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_fastapi_kata.exchange import Exchange
from pytest_fastapi_kata.explanation import Explanation, Frame

WHOLE = Explanation(
    "It greets.", "error", "It does not.", "1", "2", ("-1", "+2"),
    (Exchange("GET", "/", (("a", "b"),), "x", 500, (("c", "d"),), "y", "/"),), ("GET /before → 200 OK",),
    "ValueError: no", (Frame("app.py", 3, "greet", "raise ValueError"),), "printed", 7,
)  # fmt: skip


def test_an_explanation_survives_json() -> None:
    """All of it can be read again, and so can one that has nothing but its kind."""
    assert WHOLE == Explanation.from_json(json.loads(json.dumps(WHOLE.to_json())))
    bare = Explanation("It greets.", "missing")
    assert bare == Explanation.from_json(json.loads(json.dumps(bare.to_json())))


def test_every_field_is_written() -> None:
    """A field that were forgotten would be lost in the cache."""
    assert set(vars(WHOLE)) == set(WHOLE.to_json())


@pytest.mark.parametrize(
    ("kind", "facts", "headline"),
    [
        ("assertion", {"message": "\nFirst.\nSecond.", "diff": ("-1",)}, "First."),
        ("assertion", {"diff": ("  [", "-  1", "+  2", "  ]"), "expected": "e"}, "-  1 / +  2"),
        ("assertion", {"expected": "1\n2", "got": "3"}, "expected 1, got 3"),
        ("assertion", {"got": "3"}, "expected , got 3"),
        ("assertion", {}, "It greets."),
        ("import", {"error": "SyntaxError: no\nline", "message": "It raises."}, "SyntaxError: no"),
        ("import", {"message": "app.py is empty"}, "app.py is empty"),
        ("error", {"error": "ValueError: no"}, "ValueError: no"),
        ("error", {"error": "ValueError: no", "message": "It raised."}, "It raised."),
        ("error", {"expected": "1", "got": "2"}, "It greets."),
        ("timeout", {"message": "It took too long."}, "It took too long."),
        ("missing", {}, "It greets."),
    ],
)  # fmt: skip
def test_headline(kind: Any, facts: dict[str, Any], headline: str) -> None:
    """The most telling thing there is, in one line."""
    assert headline == Explanation("It greets.", kind, **facts).headline


@pytest.mark.parametrize(
    "facts",
    [{"message": "m" * 300}, {"diff": tuple(f"-{n}" * 9 for n in range(30))}, {"expected": "e" * 300, "got": "1"}],
)
def test_a_headline_is_short(facts: dict[str, Any]) -> None:
    """A line of a summary has no room for more."""
    assert 100 < len(Explanation("It greets.", "assertion", **facts).headline) < 140


def test_a_line_of_just_that_length_is_not_cut() -> None:
    """One more is, and shows it."""
    assert "m" * 120 == Explanation("", "error", "m" * 120).headline
    assert "m" * 119 + "…" == Explanation("", "error", "m" * 121).headline


def test_with_requirement_changes_nothing_else() -> None:
    """The original stays what it was."""
    other = WHOLE.with_requirement("Another.")
    assert "Another." == other.requirement
    assert WHOLE == other.with_requirement("It greets.")
    assert "It greets." == WHOLE.requirement
