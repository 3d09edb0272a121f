"""Which questions are drawn, what an answer holds, and when a question comes back."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pytest_fastapi_kata.catalogue import load_catalogue, own_pack
from pytest_fastapi_kata.interview import Deck, Score, example_and_reading, key_facts
from pytest_fastapi_kata.kata import Kata
from tests.unit.conftest import Desk
from tests.unit.samples import MODELS, a_kata

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANSWER = """\
It is *one* thing, e.g. `that`. Since 0.115 there is a
second, **really**. `Third` it is!

```python
def code(): ...  # Not a fact. At all.
```

See [the docs](https://example.com/a.b). (And that.)

Further reading: [One](https://example.com/One), [Two](https://example.com/Two).
"""


@pytest.fixture
def deck(desk: Desk) -> Deck:
    """The cards of a fresh workspace."""
    return Deck(desk.workspace)


def test_facts(tmp_path: Path) -> None:
    """A sentence each, without marks, code and links; those are given apart."""
    (tmp_path / "answer.md").write_text(ANSWER, "utf-8")
    kata = a_kata(path=tmp_path)
    assert [
        "It is one thing, e.g. `that`.", "Since 0.115 there is a second, really.", "`Third` it is!",
        "See the docs. (And that.)",
    ] == key_facts(kata)  # fmt: skip
    example = example_and_reading(kata)
    assert example.startswith("```python\ndef code()")
    assert example.endswith("[Two](https://example.com/Two).")


@pytest.mark.parametrize("kata", load_catalogue([own_pack()]).katas, ids=lambda kata: kata.id)
def test_every_model_answer_has_facts(kata: Kata) -> None:
    """Between a handful and what fits on a screen, none of them a splinter."""
    facts = key_facts(kata)
    assert 4 <= len(facts) <= 24
    assert not [fact for fact in facts if len(fact) < 8]


def katas() -> list[Kata]:
    """Four katas of two topics."""
    return [a_kata("q011_a"), a_kata("q012_b"), a_kata("q021_c", topic=MODELS), a_kata("q022_d", topic=MODELS)]


def test_new_questions_are_shuffled(deck: Deck) -> None:
    """And no more are drawn than asked for."""
    drawn = {tuple(kata.id for kata in deck.draw(katas(), 2, NOW, random.Random(seed))) for seed in range(20)}  # noqa: S311
    assert {2} == {len(ids) for ids in drawn}
    assert len(drawn) > 3


def test_the_weak_come_back_sooner(deck: Deck) -> None:
    """And longer overdue ones first; those that are not due come only if nothing else is left."""
    weak, fair, strong, new = katas()
    back = [deck.review(kata, score, NOW) for kata, score in ((weak, 0.2), (fair, 0.7), (strong, 1.0))]
    assert back == sorted(back)
    assert timedelta(hours=20) < back[0] - NOW < timedelta(days=2)
    assert back[2] - NOW > timedelta(days=5)
    rng = random.Random(1)  # noqa: S311
    assert ["q022", "q011", "q012", "q021"] == [kata.id for kata in deck.draw(katas(), 9, NOW, rng)]
    later = NOW + timedelta(days=4)
    assert ["q011", "q012", "q022", "q021"] == [kata.id for kata in deck.draw(katas(), 9, later, rng)]
    assert ["q011", "q012"] == [kata.id for kata in deck.due(katas(), later)]
    del new


def test_answers_that_get_better(deck: Deck) -> None:
    """The intervals grow, and the last score counts."""
    first = katas()[0]
    when, gaps = NOW, []
    for score in (0.5, 0.8, 0.9, 1.0):
        back = deck.review(first, score, when)
        gaps.append(back - when)
        when = back
    assert gaps == sorted(gaps)
    assert [0.5, 0.8, 0.9, 1.0] == deck.entries()["q011"]["scores"]
    deck.review(katas()[2], 0.5, NOW)
    deck.review(katas()[3], 0.0, NOW)
    assert [Score("02_routing", 1, 1.0), Score("03_data_models", 2, 0.25)] == deck.scores(katas()) or [
        (1, 1.0), (2, 0.25)] == [(one.asked, one.average) for one in deck.scores(katas())]  # fmt: skip


@pytest.mark.parametrize("entry", [
    5, {}, {"card": 1}, {"card": {"due": "never"}}, {"card": {"due": "2026-01-01"}, "scores": "x"}, {"scores": ["a"]},
])  # fmt: skip
def test_a_damaged_entry(deck: Deck, desk: Desk, entry: object) -> None:
    """Counts as none, or as far as it can be read; the next review writes a good one."""
    desk.write(".kata/interview.json", json.dumps({"format_version": 1, "katas": {"q011": entry}}))
    assert 4 == len(deck.draw(katas(), 9, NOW, random.Random(1)))  # noqa: S311
    deck.scores(katas())
    deck.review(katas()[0], 0.5, NOW)
    assert 0.5 == deck.entries()["q011"]["scores"][-1]
