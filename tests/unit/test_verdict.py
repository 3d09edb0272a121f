"""From the results of checks to the result of the kata, and the cause that fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_fastapi_kata.results import CheckResult
from pytest_fastapi_kata.symptoms import symptoms_of, write_symptoms
from pytest_fastapi_kata.verdict import MOST_CAUSES, conclude, likely_causes
from tests.unit.conftest import PackFolder
from tests.unit.samples import a_kata, a_result, answered, failed, passed

GREETED = failed(2, message="Somebody greeted nobody.", exchanges=(answered(200),))
CRASHED = failed(2, message="Somebody greeted nobody.", exchanges=(answered(500),))


@pytest.fixture
def pack(pack: PackFolder) -> PackFolder:
    """The tiny pack with a few near misses, and no record of how they fail."""
    write_misses(pack, one=["test_2"], both=["test_1", "test_2"])
    (pack.root / "katas/90_tiny/q901_greeting/symptoms.json").unlink(missing_ok=True)
    return pack


def write_misses(pack: PackFolder, **caught_by: list[str]) -> None:
    """Write near misses that are caught by these checks."""
    entries = [
        f'[[near_miss]]\nname = "{name}"\nwhy = "Because of {name}."\ncaught_by = {checks}\n'
        '[[near_miss.edit]]\nfile = "app.py"\nwhole = ""\n'
        for name, checks in caught_by.items()
    ]
    pack.file("q901_greeting/near_misses.toml").write_text("\n".join(entries), "utf-8")


def causes(pack: PackFolder, *checks: CheckResult) -> tuple[str, ...]:
    """Return the likely causes in a kata of two checks with the pack's near misses."""
    return likely_causes(a_kata(path=pack.root / "katas/90_tiny/q901_greeting"), checks)


def record(pack: PackFolder, **checks: CheckResult) -> None:
    """Record how near misses fail."""
    kata = a_kata(path=pack.root / "katas/90_tiny/q901_greeting")
    write_symptoms(kata, {name: symptoms_of([check]) for name, check in checks.items()})


def test_the_cause_fails_the_same_checks(pack: PackFolder) -> None:
    """Neither more nor fewer."""
    assert ("Because of one.",) == causes(pack, passed(1), failed(2))
    assert ("Because of both.",) == causes(pack, failed(1), failed(2))
    assert () == causes(pack, failed(1), passed(2))


def test_the_cause_fails_in_the_same_way(pack: PackFolder) -> None:
    """A recorded near miss whose answer was another one is not the cause."""
    record(pack, one=GREETED)
    assert ("Because of one.",) == causes(pack, passed(1), GREETED)
    assert () == causes(pack, passed(1), CRASHED)


def test_a_near_miss_without_a_record_is_known_by_its_checks(pack: PackFolder) -> None:
    """The record of another one says nothing about it."""
    record(pack, other=GREETED)
    assert ("Because of one.",) == causes(pack, passed(1), CRASHED)


def test_several_causes_that_fit_are_all_told(pack: PackFolder) -> None:
    """But not so many that they say nothing."""
    names = [f"n{n}" for n in range(MOST_CAUSES + 1)]
    write_misses(pack, **{name: ["test_2"] for name in names[:-1]})
    assert tuple(f"Because of {name}." for name in names[:-1]) == causes(pack, passed(1), failed(2))
    write_misses(pack, **{name: ["test_2"] for name in names})
    assert () == causes(pack, passed(1), failed(2))


def test_conclude(pack: PackFolder) -> None:
    """Status, checks, time and cause make the result."""
    kata = a_kata(path=pack.root / "katas/90_tiny/q901_greeting")
    expected = a_result(kata, "failing", passed(1), failed(2), seconds=1.5, likely_causes=("Because of one.",))
    assert expected == conclude(kata, iter([passed(1), failed(2)]), 1.5)


def test_a_selection_of_checks_has_no_cause(pack: PackFolder) -> None:
    """What was not run might have failed as well."""
    kata = a_kata(path=pack.root / "katas/90_tiny/q901_greeting")
    result = conclude(kata, [failed(2)])
    assert ("failing", ()) == (result.status, result.likely_causes)


@pytest.mark.parametrize("kind", ["import", "died", "timeout"])
def test_what_never_ran_has_no_cause(pack: PackFolder, kind: str) -> None:
    """Near misses are wrong answers, not broken files."""
    kata = a_kata(path=pack.root / "katas/90_tiny/q901_greeting")
    assert () == conclude(kata, [passed(1), failed(2, kind)]).likely_causes


def test_a_solved_kata_needs_no_near_misses() -> None:
    """There is nothing to read, and nothing is missed."""
    assert "solved" == conclude(a_kata(path=Path("nowhere")), [passed(1), passed(2)]).status


def test_a_broken_file_of_near_misses_costs_the_cause_alone(pack: PackFolder) -> None:
    """The verdict stands."""
    pack.file("q901_greeting/near_misses.toml").write_text("[[", "utf-8")
    kata = a_kata(path=pack.root / "katas/90_tiny/q901_greeting")
    result = conclude(kata, [passed(1), failed(2)])
    assert ("failing", ()) == (result.status, result.likely_causes)


def test_checks_without_an_explanation_have_their_own_way(pack: PackFolder) -> None:
    """A missing result is not taken for a wrong answer."""
    record(pack, one=GREETED)
    assert () == causes(pack, passed(1), replace(failed(2), outcome="missing", explanation=None))
