"""Checks of q075: what the learner's tests of the bike rides let through."""

from dataclasses import replace
from pathlib import Path

import pytest

from pytest_fastapi_kata.worker.learnertests import AGAIN, Setting

CLOCK = "    return datetime.now()\n"
AT = '    return datetime.now().replace(hour=int(__import__("os").environ.get("BIKE_RIDES_HOUR", "12")), minute=0)\n'
NIGHT = Setting(reverse=True, after=AGAIN, environment=(("BIKE_RIDES_HOUR", "23"),))


@pytest.fixture
def rides(learner_tests, tmp_path_factory):
    """The learner's tests; the real clock of the given app says noon, or the hour that a run sets."""
    text = (Path(learner_tests.job.pristine) / "app.py").read_text("utf-8")
    if AT not in text:
        assert text.count(CLOCK) == 1
        folder = tmp_path_factory.mktemp("given")
        (folder / "app.py").write_text(text.replace(CLOCK, AT), encoding="utf-8")
        learner_tests.job = replace(learner_tests.job, pristine=str(folder))
    return learner_tests


def test_your_tests_pass_on_the_given_app(rides):
    """All your tests pass on the app as it is given, and at least one of those that pass sends it a request."""
    rides.passes_on_the_given_app()


def test_they_pass_again_in_reverse_order_at_night(rides):
    """They pass a second time, the last one first, by day and at 23:00."""
    rides.passes_again_in_reverse_order()
    result = rides.result(NIGHT)
    failed = [*result.of("failed"), *result.of("error")]
    if failed:
        first = failed[0]
        more = f" (and {len(failed) - 1} more) fail" if len(failed) > 1 else " fails"
        what = f"By day your tests pass, and when `get_now` really says 23:00, {first.name}{more}"
        meaning = "The outcome depends on the hour at which the tests run."
        raise AssertionError(f"{what}. {meaning}\n{first.place + ': ' if first.place else ''}{first.message}")
    rides.passes_again_in_reverse_order(NIGHT)


def test_they_pass_on_a_rewrite(rides):
    """They pass on another app that keeps the promises P1 to P5, and nothing else."""
    rides.passes_on_a_rewrite()


def test_no_override_is_left_behind(rides):
    """After each test, `app.dependency_overrides` is empty."""
    rides.leaves_no_override()


@pytest.mark.parametrize("mutant", ["P1a", "P1b", "P2a", "P2b", "P3a", "P3b", "P4", "P5"])
def test_they_catch(rides, mutant):
    """At least one of your tests fails on an app that breaks a promise."""
    rides.catches(mutant)
