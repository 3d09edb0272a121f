"""By what a near miss is recognised: which checks fail, and how each of them fails.

Two mistakes may fail the same checks in different ways. So the way is
recorded, by ``fastapi-kata verify --record`` in the kata's ``symptoms.json``,
and compared with what the learner's code does. Messages hold made-up names, so
they only have to be alike.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.results import CheckResult

FILE = "symptoms.json"
ALIKE = 0.75
"""Messages with at least this ratio of equal text are taken for the same."""
QUOTED = " says:\n"
"""What a server or a tool has printed stands after this, and hangs on the machine and on versions."""


@dataclass(frozen=True)
class Symptom:
    """How one check fails: the kind, the statuses of the exchanges shown, the exception's class, and the message."""

    kind: str
    statuses: tuple[int | None, ...]
    error: str
    message: str

    def is_like(self, other: Symptom, *, quoted: bool = True) -> bool:
        """Say whether two symptoms speak of the same mistake.

        ``quoted`` says whether the lines of a server that a message quotes count, too.
        """
        if (self.kind, self.statuses, self.error) != (other.kind, other.statuses, other.error):
            return False
        mine, others = (
            (self.message, other.message)
            if quoted
            else (self.message.partition(QUOTED)[0], other.message.partition(QUOTED)[0])
        )
        return difflib.SequenceMatcher(None, mine, others, autojunk=False).ratio() >= ALIKE


Symptoms = dict[str, Symptom]
"""A symptom for each check that fails, by the check's name."""


def symptoms_of(checks: Iterable[CheckResult]) -> Symptoms:
    """Return how each of the failed checks fails."""
    return {check.name: _symptom(check) for check in checks if check.outcome != "passed"}


def _symptom(check: CheckResult) -> Symptom:
    explanation = check.explanation
    if explanation is None:
        return Symptom("missing", (), "", "")
    statuses = tuple(exchange.status for exchange in explanation.exchanges)
    return Symptom(explanation.kind, statuses, explanation.error.partition(":")[0], explanation.message)


def are_alike(one: Symptoms, other: Symptoms, *, quoted: bool = True) -> bool:
    """Say whether the same checks fail in the same way; ``quoted`` is as for `Symptom.is_like`."""
    return one.keys() == other.keys() and all(one[name].is_like(other[name], quoted=quoted) for name in one)


def read_symptoms(kata: Kata) -> dict[str, Symptoms]:
    """Return the recorded symptoms by near miss; nothing if there is no usable record."""
    try:
        data = json.loads((kata.path / FILE).read_text("utf-8"))
        return {miss: {name: _from_json(one) for name, one in found.items()} for miss, found in data.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_symptoms(kata: Kata, found: dict[str, Symptoms]) -> None:
    """Record the symptoms of a kata's near misses."""
    data = {miss: {name: asdict(one) for name, one in symptoms.items()} for miss, symptoms in found.items()}
    text = json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True)
    (kata.path / FILE).write_text(f"{text}\n", encoding="utf-8", newline="\n")


def _from_json(data: dict[str, Any]) -> Symptom:
    return Symptom(data["kind"], tuple(data["statuses"]), data["error"], data["message"])
