"""Katas, results and explanations for tests, made with few words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pytest_fastapi_kata.exchange import Exchange
from pytest_fastapi_kata.explanation import Explanation
from pytest_fastapi_kata.kata import Check, Kata, NearMiss, Topic
from pytest_fastapi_kata.results import CheckResult, KataResult, Status

ROUTING = Topic("02_routing", "Routing", "From an address to an answer.")
MODELS = Topic("03_data_models", "Models", "What goes in and what comes out.")

HOSTILE = "a\x1b[2Jb\u202ec\ud800"
"""A text that a terminal and a file must be kept from: an escape, an override of direction, half a character."""


def a_kata(name: str = "q011_one", *, checks: int = 2, path: Path = Path("nowhere"), **facts: Any) -> Kata:
    """Return a kata with so many checks, ``test_1``, ``test_2`` and so on."""
    values: dict[str, Any] = {
        "id": name[:4],
        "slug": name,
        "title": f"Title of {name[:4]}",
        "question": f"What is {name[:4]}?",
        "level": "basic",
        "topic": ROUTING,
        "path": path,
        "solution": path / "solution",
        "checks": tuple(Check(f"test_{n}", f"Requirement {n}") for n in range(1, checks + 1)),
        "hints": ("A nudge.", "A push.", "Nearly all."),
        "docs": ("https://fastapi.tiangolo.com/",),
    }
    return Kata(**{**values, **facts})


def passed(number: int = 1, **facts: Any) -> CheckResult:
    """Return a check that passed."""
    return CheckResult(f"test_{number}", f"Requirement {number}", "passed", **facts)


def failed(number: int = 1, kind: str = "assertion", **explanation: Any) -> CheckResult:
    """Return a check that failed, with its explanation."""
    requirement = f"It meets requirement {number}."
    why = Explanation(**{"requirement": requirement, "kind": kind, **explanation})
    return CheckResult(f"test_{number}", f"Requirement {number}", "failed", why)


def answered(status: int | None) -> Exchange:
    """Return an exchange with that status."""
    return Exchange("GET", "/things", status=status)


def a_result(kata: Kata, status: Status, *checks: CheckResult, **facts: Any) -> KataResult:
    """Return the result of a kata."""
    return KataResult(kata, status, checks, **facts)


def a_near_miss(name: str = "off_by_one", *caught_by: str) -> NearMiss:
    """Return a near miss that is told apart by its name."""
    return NearMiss(name, f"Because of {name}.", frozenset(caught_by), ())
