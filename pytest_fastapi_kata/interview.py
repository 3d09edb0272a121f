"""Mock interviews: which questions are drawn, what an answer should hold, and when a question comes back.

When it comes back is decided by FSRS, the scheduler of spaced repetition that Anki uses (package ``fsrs``). Scores and
cards are kept in ``.kata/interview.json``.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import JsonFile
from pytest_fastapi_kata.texts import model_answer
from pytest_fastapi_kata.workspace import Workspace

_CODE = re.compile(r"```.*?```", re.DOTALL)
_READING = re.compile(r"^Further reading:.*\Z", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]+\)")
_EMPHASIS = re.compile(r"(?<![\w*`])(\*{1,2})(?=\S)([^*`]+?)(?<=\S)\1(?![\w*])")
# A point ends a sentence if a capital, a code word or a bracket follows; not that of "e.g." or "0.115".
_END = re.compile(r"(?<=[.!?])(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)\s+(?=[A-Z`(“\"*])")
_SPLINTER = 12
WEAK, FAIR, STRONG = 0.4, 0.6, 0.9


def key_facts(kata: Kata) -> list[str]:
    """Return what the model answer says, a fact each, for a checklist; its code and links are left out."""
    text = _READING.sub("", _CODE.sub("", model_answer(kata)))
    text = _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", text))
    paragraphs = (" ".join(part.split()) for part in re.split(r"\n\s*\n", text))
    return [one for part in paragraphs if part for one in _sentences(part)]


def _sentences(paragraph: str) -> list[str]:
    """Split a paragraph; a "Yes." or "Try it." is no fact without its neighbour."""
    found: list[str] = []
    for one in _END.split(paragraph):
        if found and min(len(found[-1]), len(one)) < _SPLINTER:
            found[-1] += f" {one}"
        else:
            found.append(one)
    return found


def example_and_reading(kata: Kata) -> str:
    """Return what else the model answer has: its code, and where to read on."""
    text = model_answer(kata)
    return "\n\n".join([*_CODE.findall(text), *_READING.findall(text)])


@dataclass(frozen=True)
class Score:
    """How the questions of a topic went: the average of their last scores, from 0 to 1."""

    topic: str
    asked: int
    average: float


class Deck:
    """The questions as cards, with what is known of each."""

    def __init__(self, workspace: Workspace) -> None:
        self.notes: list[str] = []
        folder = workspace.record
        self._file = JsonFile(folder / "interview.json", folder / "cache" / "interview.lock", self.notes)

    def entries(self) -> dict[str, dict[str, Any]]:
        """Return what is known of each question that was asked, by the kata's id."""
        return {name: entry for name, entry in self._file.read()["katas"].items() if isinstance(entry, dict)}

    def draw(self, katas: Iterable[Kata], count: int, now: datetime, rng: random.Random) -> list[Kata]:
        """Return the questions to ask: first those that are due again, the longest overdue ahead, then new ones.

        If there are not enough of them, the ones that would be due next follow.
        """
        entries = self.entries()
        known = [(when, kata) for kata in katas if (when := _due(entries.get(kata.id))) is not None]
        known.sort(key=lambda pair: pair[0])
        new = [kata for kata in katas if _due(entries.get(kata.id)) is None]
        rng.shuffle(new)
        due = [kata for when, kata in known if when <= now]
        later = [kata for when, kata in known if when > now]
        return [*due, *new, *later][:count]

    def due(self, katas: Iterable[Kata], now: datetime) -> list[Kata]:
        """Return the questions that are due again."""
        entries = self.entries()
        return [kata for kata in katas if (when := _due(entries.get(kata.id))) is not None and when <= now]

    def review(self, kata: Kata, score: float, now: datetime) -> datetime:
        """Note how an answer went, from 0 to 1, and return when the question comes back."""
        card = _reviewed(self.entries().get(kata.id), score, now)

        def edit(data: dict[str, Any]) -> None:
            entry = data["katas"].get(kata.id)
            scores = entry.get("scores", []) if isinstance(entry, dict) else []
            data["katas"][kata.id] = {
                "card": card,
                "reviewed_at": now.isoformat(timespec="seconds"),
                "scores": [*(scores if isinstance(scores, list) else []), round(score, 2)],
            }

        self._file.change(edit)
        return datetime.fromisoformat(card["due"])

    def scores(self, katas: Sequence[Kata]) -> list[Score]:
        """Return how each topic went, in the topics' order; topics of which nothing was asked are left out."""
        entries = self.entries()
        by_topic: dict[str, list[float]] = {}
        for kata in katas:
            last = _last_score(entries.get(kata.id))
            if last is not None:
                by_topic.setdefault(kata.topic.folder, []).append(last)
        return [Score(topic, len(found), sum(found) / len(found)) for topic, found in by_topic.items()]


def _due(entry: dict[str, Any] | None) -> datetime | None:
    try:
        when = datetime.fromisoformat((entry or {})["card"]["due"])
    except (KeyError, TypeError, ValueError):
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _last_score(entry: dict[str, Any] | None) -> float | None:
    scores = (entry or {}).get("scores")
    last = scores[-1] if isinstance(scores, list) and scores else None
    return float(last) if isinstance(last, int | float) else None


def _reviewed(entry: dict[str, Any] | None, score: float, now: datetime) -> dict[str, Any]:
    from fsrs import Card, Rating, Scheduler  # a third of a second that only an answer is worth

    # Without steps of minutes: an interview is held again on another day.
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    try:
        card = Card.from_dict((entry or {})["card"])
    except (KeyError, TypeError, ValueError, AttributeError):
        card = Card(card_id=1)
    marks = ((WEAK, Rating.Again), (FAIR, Rating.Hard), (STRONG, Rating.Good))
    rating = next((mark for limit, mark in marks if score < limit), Rating.Easy)
    card, _ = scheduler.review_card(card, rating, review_datetime=now)
    return dict(card.to_dict())
