"""Checks of q077: what the learner's tests of the hive log let through."""

import pytest

from pytest_fastapi_kata.worker.learnertests import REWRITE


@pytest.fixture(autouse=True)
def _machines(learner_tests):
    learner_tests.plugins = ("_hypothesis_pytestplugin", "schemathesis.pytest.plugin")
    # Thirty examples for each operation, and the search for the smallest that fails, take their time.
    learner_tests.seconds = 120.0


def test_your_tests_pass_on_the_given_app(learner_tests):
    """All your tests pass on the app as it is given, and at least one of those that pass sends it a request."""
    learner_tests.passes_on_the_given_app()


def test_they_pass_again_in_reverse_order(learner_tests):
    """They pass a second time, the last one first."""
    learner_tests.passes_again_in_reverse_order()


def test_they_pass_on_the_next_version(learner_tests):
    """They pass on next week's app, whose operations are others, and at least one of those that pass sends it a request."""
    learner_tests.passes_on_a_rewrite()
    assert learner_tests.result(REWRITE).requests, (
        "On next week's app, whose operations are others, no test that passed has sent a request: your tests go "
        "by what was there this week. Its document says what there is to call."
    )


@pytest.mark.parametrize("mutant", ["P1a", "P1b", "P1c", "P1d", "P2a", "P2b", "P3a", "P3b"])
def test_they_catch(learner_tests, mutant):
    """At least one of your tests fails on an app that breaks a promise."""
    learner_tests.catches(mutant)
