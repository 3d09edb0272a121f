"""Records of two machines made one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_fastapi_kata.recordmerge import mended, merge_records


def record(**katas: dict[str, Any]) -> dict[str, Any]:
    """Return a record."""
    return {"format_version": 1, "katas": katas}


SOLVED = {"attempts": 3, "solved_at": "2026-01-02T10:00:00+00:00", "solved_with": "0.1.0", "checks": "aa"}


@pytest.mark.parametrize(("ours", "theirs", "base", "merged"), [
    ({}, SOLVED, {}, SOLVED),
    (SOLVED, {}, {}, SOLVED),
    (SOLVED, SOLVED, SOLVED, SOLVED),
    ({"attempts": 1}, SOLVED, {"attempts": 1}, SOLVED),
    ({"attempts": 5}, {"attempts": 4}, {"attempts": 2}, {"attempts": 7}),
    ({"attempts": 5}, {"attempts": 4}, {}, {"attempts": 5}),
    ({"hints": 1}, {"hints": 3, "answer": 1}, {}, {"hints": 3, "answer": 1}),
    (SOLVED, SOLVED | {"solved_at": "2026-01-01T10:00:00+00:00", "solved_with": "0.10.0", "checks": "bb"}, {},
     SOLVED | {"solved_at": "2026-01-01T10:00:00+00:00", "solved_with": "0.10.0", "checks": "bb"}),
    (SOLVED | {"solved_with": "0.10.0", "checks": "cc"}, SOLVED | {"solved_with": "0.9.0", "checks": "bb"}, {},
     SOLVED | {"solved_with": "0.10.0", "checks": "cc"}),
    ({"later": [1]}, {"later": [1, 2]}, {"later": [1]}, {"later": [1, 2]}),
    ({"later": [3]}, {"later": {"a": 1}}, {}, {"later": [3]}),
    ({"reviewed_at": "2026-01-01", "due": "2026-03-01"}, {"reviewed_at": "2026-02-01", "due": "2026-02-03"}, {},
     {"reviewed_at": "2026-02-01", "due": "2026-02-03"}),
])  # fmt: skip
def test_a_kata_on_both_sides(
    ours: dict[str, Any], theirs: dict[str, Any], base: dict[str, Any], merged: dict[str, Any]
) -> None:
    """What was done on either machine has been done."""
    assert record(q1=merged) == merge_records(record(q1=ours), record(q1=theirs), record(q1=base))


def test_katas_of_one_side() -> None:
    """They are all kept, in order; what is no entry is left out, and what else the record holds stays."""
    ours = record(q2=SOLVED) | {"later": 1}
    theirs = record(q1=SOLVED, q3="nonsense") | {"earlier": "x"}
    merged = merge_records(ours, theirs, {})
    assert record(q1=SOLVED, q2=SOLVED) | {"later": 1, "earlier": "x"} == merged
    assert ["q1", "q2"] == list(merged["katas"])
    assert record() == merge_records({"format_version": 1}, {"katas": None}, {})


def conflicting(*, with_base: bool) -> str:
    """Return a record as git leaves it after both sides have changed a line."""
    base = ["||||||| 1234", '      "attempts": 1'] if with_base else []
    return "\n".join([
        "{", ' "format_version": 1,', ' "katas": {', '  "q1": {',
        "<<<<<<< HEAD", '      "attempts": 3', *base, "=======", '      "attempts": 2', ">>>>>>> laptop",
        "  }", " }", "}", "",
    ])  # fmt: skip


def test_conflict_markers() -> None:
    """Both sides count; with the common base, attempts are added up."""
    assert (record(q1={"attempts": 3}), record(q1={"attempts": 4})) == (
        mended(conflicting(with_base=False)),
        mended(conflicting(with_base=True)),
    )


@pytest.mark.parametrize("text", [
    "", "{", json.dumps(record()), conflicting(with_base=False).replace("=======", ""),
    "<<<<<<< a\n1\n=======\n2\n>>>>>>> b",
    "<<<<<<< a\n{\n=======\n}\n>>>>>>> b\n",
])  # fmt: skip
def test_another_fault(text: str) -> None:
    """Is not mended here."""
    assert mended(text) is None
