"""Where katas stand without running anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.progress import ResultCache, result_key
from pytest_fastapi_kata.results import CheckResult
from pytest_fastapi_kata.standing import katas_in, standing, standings
from tests.unit.conftest import Desk
from tests.unit.samples import a_kata, a_result

NEEDY = "no-such-distribution-anywhere"


@pytest.fixture
def keep(desk: Desk) -> Callable[..., ResultCache]:
    """``keep("q901", failed=1)`` puts a result into a cache and returns it."""

    def put(name: str, failed: int = 0) -> ResultCache:
        kata = desk.kata(name)
        outcomes = ["failed"] * failed + ["passed"] * (len(kata.checks) - failed)
        checks = [CheckResult(one.name, "", outcome) for one, outcome in zip(kata.checks, outcomes, strict=True)]  # type: ignore[arg-type]
        cache = ResultCache(desk.workspace)
        cache.put([(a_result(kata, "solved", *checks), result_key(desk.workspace, kata))])
        return cache

    return put


def test_katas_in(desk: Desk) -> None:
    """Those that the workspace has, in the catalogue's order."""
    more = Catalogue([a_kata("q011_one"), *desk.catalogue.katas])
    assert ["q901", "q902"] == [kata.id for kata in katas_in(desk.workspace, more)]


def test_an_untouched_kata_is_not_started(desk: Desk) -> None:
    """Even if a stub's failures are known."""
    assert a_result(desk.kata("q901"), "not_started") == standing(
        desk.workspace, ResultCache(desk.workspace), desk.kata("q901")
    )


def test_the_failures_of_a_stub_are_nothing_to_show(desk: Desk, keep: Callable[..., ResultCache]) -> None:
    """It was run on demand; the learner has not begun."""
    assert "not_started" == standing(desk.workspace, keep("q901", failed=3), desk.kata("q901")).status


def test_a_started_kata_without_a_result_is_failing(desk: Desk) -> None:
    """It has no checks to show."""
    desk.entry("q901").write_text("app = 1", "utf-8")
    assert a_result(desk.kata("q901"), "failing") == standing(
        desk.workspace, ResultCache(desk.workspace), desk.kata("q901")
    )


@pytest.mark.parametrize(("failed", "status"), [(0, "solved"), (1, "failing")])
def test_the_last_result_counts_until_a_change(
    desk: Desk, keep: Callable[..., ResultCache], failed: int, status: str
) -> None:
    """Then the kata is one that was started, and no more."""
    kata = desk.kata("q901")
    desk.entry("q901").write_text("app = 1", "utf-8")
    cache = keep("q901", failed=failed)
    found = standing(desk.workspace, cache, kata)
    assert (status, True, 3) == (found.status, found.cached, len(found.checks))
    desk.entry("q901").write_text("app = 2", "utf-8")
    assert a_result(kata, "failing") == standing(desk.workspace, cache, kata)


def test_what_a_kata_needs_and_has_not(desk: Desk) -> None:
    """A started kata says how to get it; an untouched one need not yet."""
    kata = replace(desk.kata("q901"), needs=(NEEDY,))
    assert "not_started" == standing(desk.workspace, ResultCache(desk.workspace), kata).status
    desk.entry("q901").write_text("app = 1", "utf-8")
    found = standing(desk.workspace, ResultCache(desk.workspace), kata)
    assert ("unavailable", f"q901 needs {NEEDY}: pip install {NEEDY}") == (found.status, found.note)


def test_standings(desk: Desk, keep: Callable[..., ResultCache]) -> None:
    """One for each kata of the workspace, in order."""
    desk.entry("q902").write_text("app = 1", "utf-8")
    cache = keep("q902")
    assert [("q901", "not_started"), ("q902", "solved")] == [
        (result.kata.id, result.status) for result in standings(desk.workspace, desk.catalogue, cache)
    ]
