"""Checks of q076: what the learner's tests of the clinic let through."""

import pytest


def test_your_tests_pass_on_the_given_app(learner_tests):
    """All your tests pass on the app as it is given, and at least one of those that pass sends it a request."""
    learner_tests.passes_on_the_given_app()


def test_they_pass_again_in_reverse_order(learner_tests):
    """They pass a second time, the last one first."""
    learner_tests.passes_again_in_reverse_order()


def test_they_pass_on_a_rewrite(learner_tests):
    """They pass on another app that keeps the promises P1 to P5, and nothing else."""
    learner_tests.passes_on_a_rewrite()


@pytest.mark.parametrize("mutant", ["P1a", "P1b", "P2", "P3a", "P3b", "P3c", "P3d", "P4", "P5a", "P5b"])
def test_they_catch(learner_tests, mutant):
    """At least one of your tests fails on an app that breaks a promise."""
    learner_tests.catches(mutant)
