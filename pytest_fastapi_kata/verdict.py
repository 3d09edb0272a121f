"""From the results of a kata's checks to its result: status, and the cause that fits the pattern."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_fastapi_kata.kata import Kata, read_near_misses
from pytest_fastapi_kata.results import CheckResult, KataResult, judge
from pytest_fastapi_kata.symptoms import are_alike, read_symptoms, symptoms_of
from pytest_fastapi_kata.tables import Problem

MOST_CAUSES = 3
"""More candidates than this say nothing, and are not shown."""


def conclude(kata: Kata, checks: Iterable[CheckResult], seconds: float = 0.0) -> KataResult:
    """Return a kata's result; near misses are read only if something failed."""
    checks = tuple(checks)
    status = judge(kata, checks)
    causes: tuple[str, ...] = ()
    if status == "failing" and len(checks) == len(kata.checks):
        causes = likely_causes(kata, checks)
    return KataResult(kata, status, checks, seconds, likely_causes=causes)


def likely_causes(kata: Kata, checks: Iterable[CheckResult]) -> tuple[str, ...]:
    """Return why of the near misses that fail the same checks in the same way; none if that fits too many.

    A near miss whose way was not recorded is recognised by its checks alone.
    """
    found = symptoms_of(checks)
    recorded = read_symptoms(kata)
    problems: list[Problem] = []
    causes = tuple(
        miss.why
        for miss in read_near_misses(kata, problems)
        if miss.caught_by == found.keys() and (miss.name not in recorded or are_alike(recorded[miss.name], found))
    )
    return causes if len(causes) <= MOST_CAUSES else ()
