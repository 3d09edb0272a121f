"""What became of checks and katas."""

from __future__ import annotations

import json

import pytest

from pytest_fastapi_kata.results import CheckResult, Status, Tally, judge, total
from tests.unit.samples import MODELS, a_kata, a_result, failed, passed

MISSING = CheckResult("test_2", "Requirement 2", "missing")


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        ([passed(1), passed(2)], "solved"),
        ([passed(2), passed(1)], "solved"),
        ([passed(1)], "partial"),
        ([], "partial"),
        ([passed(1), passed(1)], "partial"),
        ([passed(1), failed(2)], "failing"),
        ([failed(1)], "failing"),
        ([passed(1), MISSING], "failing"),
        ([passed(1), CheckResult("test_2", "", "failed")], "failing"),
        ([passed(1), failed(2, "error")], "failing"),
        ([failed(1, "timeout"), failed(2)], "timeout"),
        ([failed(1, "timeout"), failed(2, "import")], "broken"),
        ([passed(1), failed(2, "import")], "broken"),
        ([passed(1), failed(2, "died")], "broken"),
        ([passed(1), failed(2, "missing")], "failing"),
    ],
)
def test_judge(checks: list[CheckResult], status: Status) -> None:
    """Solved takes every check; of the failures, the gravest decides."""
    assert status == judge(a_kata(checks=2), checks)


def test_a_check_that_is_not_the_katas_own_solves_nothing() -> None:
    """The list of expected checks is the kata's."""
    stranger = CheckResult("test_3", "", "passed")
    assert "partial" == judge(a_kata(checks=2), [passed(1), stranger])


def test_a_kata_takes_its_last_result_of_a_check() -> None:
    """A check that was run again counts as it came out then."""
    assert "solved" == judge(a_kata(checks=1), [failed(1), passed(1)])


@pytest.mark.parametrize("check", [passed(1, seconds=0.25), failed(2, message="no"), MISSING])
def test_a_check_result_survives_json(check: CheckResult) -> None:
    """With its explanation, or without one."""
    assert check == CheckResult.from_json(json.loads(json.dumps(check.to_json())))


def test_seconds_are_written_to_a_tenth_of_a_millisecond() -> None:
    """More would be noise in a file that is looked at."""
    assert 0.1235 == passed(1, seconds=0.123456).to_json()["seconds"]


def test_failed_checks_keep_their_order() -> None:
    """Missing ones are among them."""
    result = a_result(a_kata(checks=3), "failing", failed(3), MISSING, passed(1))
    assert ["test_3", "test_2"] == [check.name for check in result.failed]
    assert frozenset({"test_2", "test_3"}) == result.failed_names


def test_total() -> None:
    """Solved and all katas are counted by topic, by level, by both, and over all."""
    totals = total(
        [
            a_result(a_kata("q011_a"), "solved"),
            a_result(a_kata("q012_b"), "failing"),
            a_result(a_kata("q013_c", level="advanced"), "solved"),
            a_result(a_kata("q021_d", topic=MODELS), "partial"),
        ]
    )
    assert Tally(2, 4) == totals.overall
    assert {"02_routing": Tally(2, 3), "03_data_models": Tally(0, 1)} == totals.by_topic
    assert {"basic": Tally(1, 3), "advanced": Tally(1, 1)} == totals.by_level
    assert {
        ("02_routing", "basic"): Tally(1, 2),
        ("02_routing", "advanced"): Tally(1, 1),
        ("03_data_models", "basic"): Tally(0, 1),
    } == totals.cells


def test_the_total_of_nothing() -> None:
    """There are no topics, and no totals are shared between two counts."""
    assert (Tally(0, 0), {}) == (total([]).overall, total([]).by_topic)
    total([]).overall.add(a_result(a_kata(), "solved"))
    assert Tally(0, 0) == total([]).overall
