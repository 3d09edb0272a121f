"""From the results of a kata's checks to its result: status, and the cause that fits the pattern."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_fastapi_kata.kata import Kata, NearMiss, Problem, read_near_misses
from pytest_fastapi_kata.results import CheckResult, KataResult, judge

MOST_CAUSES = 3
"""More candidates than this say nothing, and are not shown."""


def conclude(kata: Kata, checks: Iterable[CheckResult], seconds: float = 0.0) -> KataResult:
    """Return a kata's result; near misses are read only if something failed."""
    checks = tuple(checks)
    status = judge(kata, checks)
    causes: tuple[str, ...] = ()
    if status == "failing" and len(checks) == len(kata.checks):
        problems: list[Problem] = []
        causes = likely_causes(read_near_misses(kata, problems), checks)
    return KataResult(kata, status, checks, seconds, likely_causes=causes)


def likely_causes(near_misses: Iterable[NearMiss], checks: Iterable[CheckResult]) -> tuple[str, ...]:
    """Return why of the near misses that fail the same checks.

    None are returned if too many fit, or if the app does not answer at all yet.
    """
    checks = list(checks)
    failed = frozenset(check.name for check in checks if check.outcome != "passed")
    if len(failed) == len(checks) and not any(map(_serves, checks)):
        return ()
    causes = tuple(miss.why for miss in near_misses if miss.caught_by == failed)
    return causes if len(causes) <= MOST_CAUSES else ()


def _serves(check: CheckResult) -> bool:
    """Say whether the app had a route for what the check asked."""
    exchanges = check.explanation.exchanges if check.explanation else ()
    return any(exchange.status not in (None, 404, 405) for exchange in exchanges)
