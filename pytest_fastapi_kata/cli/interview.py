"""``fastapi-kata interview``: questions, your answers, and what a good one holds."""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from pytest_fastapi_kata.cli.context import open_context
from pytest_fastapi_kata.cli.show import echo, width
from pytest_fastapi_kata.exceptions import KataError
from pytest_fastapi_kata.interview import FAIR, Deck, example_and_reading, key_facts
from pytest_fastapi_kata.kata import LEVELS, Kata
from pytest_fastapi_kata.reports.lines import Line, harmless, harmless_lines, line, wrapped
from pytest_fastapi_kata.scaffold import choose

_MOST = 100


class _EndOfInterview(Exception):  # noqa: N818 - the candidate has left, which is no error
    """The learner wants no more questions."""


def interview(  # noqa: PLR0913, PLR0917 - one parameter for each option
    topic: Annotated[str, typer.Option(help='"all", or some: "basics, routing".')] = "all",
    level: Annotated[str, typer.Option(help=f"all, or some: {', '.join(LEVELS)}.")] = "all",
    questions: Annotated[int, typer.Option(min=1, max=_MOST, help="How many questions at most.")] = 5,
    minutes: Annotated[float | None, typer.Option(min=0, help="Ask nothing more after so many minutes.")] = None,
    scores: Annotated[bool, typer.Option("--scores", help="Show how your interviews went, and ask nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --scores: print them as JSON.")] = False,
) -> None:
    """Hold a mock interview: answer aloud or in writing, compare with the model answer, tick what you had.

    Your answer is not judged, and not kept. What you tick decides when a question comes back: the weaker, the sooner.

    Example: fastapi-kata interview --level basic --questions 3
    """
    if as_json and not scores:
        msg = "--json goes with --scores"
        raise KataError(msg, "An interview is held with a person.")
    context = open_context()
    deck = Deck(context.workspace)
    katas = choose(context.catalogue, topic, level)
    if scores:
        _scores(deck, katas, as_json=as_json)
        return
    drawn = deck.draw(katas, questions, datetime.now(UTC), random.Random())  # noqa: S311 - no secret
    _hold(deck, drawn, minutes)


def _hold(deck: Deck, drawn: list[Kata], minutes: float | None) -> None:
    end = None if minutes is None else time.monotonic() + minutes * 60
    points: list[float] = []
    try:
        for number, kata in enumerate(drawn, 1):
            if end is not None and number > 1 and time.monotonic() >= end:
                echo([line(), line(("Time is up.", "warn"))])
                break
            points.append(_ask(deck, kata, f"Question {number} of {len(drawn)}"))
    except (_EndOfInterview, KeyboardInterrupt):
        echo([line()])
    echo(_summary(points))
    for note in deck.notes:
        echo([line((note, "warn"))])


def _ask(deck: Deck, kata: Kata, number: str) -> float:
    facts = key_facts(kata)
    echo([
        line(),
        line((f"{number} · {kata.topic.title} · {kata.level}", "dim")),
        *wrapped(kata.question, width(), style="strong"),
        line(),
        line(("Answer aloud, or type and end with an empty line. Enter shows the model answer, q ends.", "dim")),
    ])  # fmt: skip
    _take_answer()
    echo(_model_answer(kata, facts))
    ticked = _ticked(len(facts))
    score = len(ticked) / len(facts) if facts else 1.0
    back = deck.review(kata, score, datetime.now(UTC))
    days = max(1, round((back - datetime.now(UTC)).total_seconds() / 86400))
    when = "tomorrow" if days == 1 else f"in {days} days"
    echo([line((f"{len(ticked)} of {len(facts)}", "good" if score >= FAIR else "warn"), f"; it comes back {when}.")])
    return score


def _read() -> str:
    sys.stdout.flush()
    text = sys.stdin.readline()
    if not text:
        raise _EndOfInterview
    return text.strip()


def _take_answer() -> None:
    while (text := _read()) != "":
        if text.lower() in ("q", "quit"):
            raise _EndOfInterview


def _model_answer(kata: Kata, facts: list[str]) -> Iterator[Line]:
    yield line((f"The model answer of {kata.id}, fact by fact:", "strong"))
    for count, fact in enumerate(facts, 1):
        first, *rest = wrapped(fact, width() - 6)
        yield line((f"  {count:>2}  ", "code"), *first)
        yield from (line("      ", *more) for more in rest)
    yield line()
    for one in harmless_lines(example_and_reading(kata)):
        yield line("      ", (one, "dim"))
    yield line()


def _ticked(count: int) -> set[int]:
    echo([line(("What was in yours? ", "strong"), ("Numbers, such as 1 3 4; all; or Enter for nothing of it.", "dim"))])
    while True:
        words = _read().lower().replace(",", " ").split()
        if words in (["q"], ["quit"]):
            raise _EndOfInterview
        if words == ["all"]:
            return set(range(1, count + 1))
        wrong = [word for word in words if not (word.isdecimal() and 1 <= int(word) <= count)]
        if not wrong:
            return set(map(int, words))
        echo([line((f"{harmless(wrong[0])} is none of them. Numbers from 1 to {count}, please:", "warn"))])


def _summary(points: list[float]) -> Iterator[Line]:
    if not points:
        yield line("No question was answered, and nothing was noted.")
        return
    average = sum(points) / len(points)
    asked = f"{len(points)} question{'s' * (len(points) != 1)}"
    yield line()
    yield line(
        (f"{average:.0%}", "good" if average >= FAIR else "warn"), f" of what the model answers say, in {asked}."
    )
    yield line("All your scores: ", ("fastapi-kata interview --scores", "code"))


def _scores(deck: Deck, katas: list[Kata], *, as_json: bool) -> None:
    due = deck.due(katas, datetime.now(UTC))
    found = deck.scores(katas)
    titles = {kata.topic.folder: kata.topic.title for kata in katas}
    if as_json:
        facts = {
            "topics": [{"topic": one.topic, "asked": one.asked, "average": round(one.average, 3)} for one in found],
            "due": [kata.id for kata in due],
        }
        typer.echo(json.dumps(facts, indent=2))
        return
    if not found:
        echo([line("No interview yet. ", ("fastapi-kata interview", "code"), " holds one.")])
        return
    for one in found:
        bar = "█" * round(one.average * 10)
        asked = f"{one.asked} question{'s' * (one.asked != 1)}"
        style = "good" if one.average >= FAIR else "warn"
        title = f"{one.topic[:2]} {harmless(titles[one.topic])}"
        echo([line(f"  {title:<40} {one.average:>4.0%}  ", (f"{bar:<10}", style), (f"  {asked}", "dim"))])  # type: ignore[arg-type]
    echo([line(), line(f"{len(due)} due again", ": fastapi-kata interview" if due else ".")])
