"""``fastapi-kata interview``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_fastapi_kata.cli import interview
from tests.unit.conftest import Command, Desk


def kept(desk: Desk) -> dict[str, Any]:
    """Return what is kept of the interviews."""
    file = desk.root / ".kata/interview.json"
    katas: dict[str, Any] = json.loads(file.read_text("utf-8"))["katas"] if file.exists() else {}
    return katas


def test_an_interview(command: Command, desk: Desk) -> None:
    """A question, an answer of several lines, the facts to tick, and when it comes back."""
    told = command("interview", "--level", "basic", answers="I greet\nby name.\n\n1\n")
    lines = told.out.splitlines()
    assert (0, "Question 1 of 1 · Tiny things · basic") == (told.code, lines[1])
    assert "How do you greet?" == lines[2]
    assert "The model answer of q901, fact by fact:" in lines
    assert any(one.startswith("   1  ") for one in lines)
    assert " of what the model answers say, in 1 question." in told.out
    assert 1 == len(kept(desk)["q901"]["scores"])
    assert "I greet" not in json.dumps(kept(desk))


def test_leaving_early(command: Command, desk: Desk) -> None:
    """With q or at the end of the input; what was ticked before is kept."""
    for answers in ("q\n", "", "Well\nq\n", "\nq\n", "\n"):
        told = command("interview", answers=answers)
        assert (0, "No question was answered, and nothing was noted.") == (told.code, told.out.splitlines()[-1])
    assert {} == kept(desk)
    told = command("interview", answers="\nall\nq\n")
    assert (0, 1, True) == (
        told.code,
        len(kept(desk)),
        "100% of what the model answers say, in 1 question." in told.out,
    )


def test_numbers_that_are_none(command: Command, desk: Desk) -> None:
    """Are asked for again."""
    told = command("interview", "--questions", "1", answers="\n0\n77\nx\n1,1\n")
    assert 3 == told.out.count("is none of them. Numbers from 1 to")
    assert 1 == len(kept(desk))


def test_time_runs_out(command: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The question at hand is finished, and no further one is asked."""
    clock = iter([0.0, 61.0])
    monkeypatch.setattr(interview.time, "monotonic", lambda: next(clock))
    told = command("interview", "--minutes", "1", answers="\nall\n\nall\n")
    assert (0, True, 1) == (told.code, "Time is up." in told.out, len(kept(desk)))


def test_scores(command: Command, desk: Desk) -> None:
    """By topic, as text and as JSON; without any, how to begin."""
    assert "No interview yet. fastapi-kata interview holds one.\n" == command("interview", "--scores").out
    command("interview", answers="\nall\n\n\n")
    told = command("interview", "--scores")
    assert "  90 Tiny things                            50%  █████       2 questions" == told.out.splitlines()[0]
    facts = json.loads(command("interview", "--scores", "--json").out)
    assert ({"topic": "90_tiny", "asked": 2, "average": 0.5}, []) == (facts["topics"][0], facts["due"])


@pytest.mark.parametrize(("arguments", "message"), [
    (["--topic", "nonsense"], "there is no topic 'nonsense'"),
    (["--level", "easy"], "there is no level 'easy'"),
    (["--json"], "--json goes with --scores"),
    (["--questions", "0"], "--questions"),
])  # fmt: skip
def test_what_is_refused(command: Command, desk: Desk, arguments: list[str], message: str) -> None:
    """With what there is."""
    told = command("interview", *arguments)
    assert (2, True) == (told.code, message in told.err)
