"""What became of checks and katas: the one model that all reports are made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from pytest_fastapi_kata.explanation import Explanation
from pytest_fastapi_kata.kata import Kata

Outcome = Literal["passed", "failed", "missing"]
Status = Literal["solved", "failing", "not_started", "broken", "timeout", "unavailable", "partial"]


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check; the explanation is there unless it passed."""

    name: str
    title: str
    outcome: Outcome
    explanation: Explanation | None = None
    seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return the result as JSON values."""
        return {
            "name": self.name,
            "title": self.title,
            "outcome": self.outcome,
            "seconds": round(self.seconds, 4),
            "explanation": self.explanation.to_json() if self.explanation else None,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CheckResult:
        """Rebuild a result from ``to_json``."""
        explanation = data["explanation"]
        return cls(
            name=data["name"],
            title=data["title"],
            outcome=data["outcome"],
            explanation=Explanation.from_json(explanation) if explanation else None,
            seconds=data["seconds"],
        )


@dataclass(frozen=True)
class KataResult:
    """Where a kata stands: its status, and the results of the checks that ran."""

    kata: Kata
    status: Status
    checks: tuple[CheckResult, ...] = ()
    seconds: float = 0.0
    cached: bool = False
    note: str = ""
    likely_causes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[CheckResult, ...]:
        """The checks that did not pass, in the kata's order."""
        return tuple(check for check in self.checks if check.outcome != "passed")

    @property
    def failed_names(self) -> frozenset[str]:
        """The names of the checks that did not pass."""
        return frozenset(check.name for check in self.failed)


def judge(kata: Kata, checks: Iterable[CheckResult]) -> Status:
    """Return the status of a kata from the results of its checks.

    Solved means that every check of the kata came back passed; a check that is
    not among the results counts as not passed. ``partial`` means that only a
    selection of the checks ran, and all of those passed.
    """
    by_name = {check.name: check for check in checks}
    failures = [check for check in by_name.values() if check.outcome != "passed"]
    kinds = {check.explanation.kind for check in failures if check.explanation}
    if "import" in kinds or "died" in kinds:
        return "broken"
    if "timeout" in kinds:
        return "timeout"
    if failures:
        return "failing"
    return "solved" if all(name in by_name for name in kata.check_names) else "partial"


@dataclass(frozen=True)
class RunInfo:
    """What every report says of the run itself."""

    kit: str
    fastapi: str
    python: str
    seed: int


@dataclass
class Tally:
    """Solved and all katas of one cell of the table."""

    solved: int = 0
    total: int = 0

    def add(self, result: KataResult) -> None:
        """Count one kata."""
        self.total += 1
        self.solved += result.status == "solved"


@dataclass
class Totals:
    """Tallies by topic folder and level, and over all."""

    overall: Tally = field(default_factory=Tally)
    by_topic: dict[str, Tally] = field(default_factory=dict)
    by_level: dict[str, Tally] = field(default_factory=dict)
    cells: dict[tuple[str, str], Tally] = field(default_factory=dict)


def total(results: Iterable[KataResult]) -> Totals:
    """Count solved and all katas by topic and level."""
    totals = Totals()
    for result in results:
        topic, level = result.kata.topic.folder, result.kata.level
        for tally in (
            totals.overall,
            totals.by_topic.setdefault(topic, Tally()),
            totals.by_level.setdefault(level, Tally()),
            totals.cells.setdefault((topic, level), Tally()),
        ):
            tally.add(result)
    return totals
