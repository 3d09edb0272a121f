"""Checks of q049: what the learner's tests of the box office let through."""

import pytest


@pytest.fixture
def suite(learner_tests):
    # `create_app()` may give each test an app of its own.
    learner_tests.counted = "any"
    return learner_tests


def test_your_tests_pass_on_the_given_app(suite):
    """All your tests pass on the box office as it is given, and at least one of those that pass sends it a request."""
    suite.passes_on_the_given_app()


def test_they_pass_again_in_reverse_order(suite):
    """They pass a second time, the last one first."""
    suite.passes_again_in_reverse_order()


def test_they_pass_on_a_rewrite(suite):
    """They pass on another box office that keeps the promises P1 to P6, and nothing else."""
    suite.passes_on_a_rewrite()


@pytest.mark.parametrize(
    "mutant", ["P1a", "P1b", "P1c", "P2", "P3a", "P3b", "P3c", "P4", "P5a", "P5b", "P5c", "P6a", "P6b"]
)
def test_they_catch(suite, mutant):
    """At least one of your tests fails on a box office that breaks a promise."""
    suite.catches(mutant)
