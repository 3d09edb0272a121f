"""Errors that name the thing and the remedy."""

from __future__ import annotations

import pytest

from pytest_fastapi_kata import exceptions
from pytest_fastapi_kata.exceptions import KataError


def test_the_remedy_stands_below_the_problem() -> None:
    """Both are in the text, and both can be had alone."""
    error = KataError("app.py is empty", "Write something.")
    assert "app.py is empty\nWrite something." == str(error)
    assert ("app.py is empty", "Write something.") == (error.problem, error.remedy)


def test_an_error_without_a_remedy_has_one_line() -> None:
    """Nothing trails behind the problem."""
    error = KataError("gone")
    assert ("gone", "") == (str(error), error.remedy)


@pytest.mark.parametrize("name", ["CatalogueError", "WorkspaceError", "LearnerError", "ServerError", "WorkerError"])
def test_every_error_of_the_kit_can_be_caught_as_one(name: str) -> None:
    """The edges catch KataError alone, and what is no error of the kit's passes through."""
    kind, problem = getattr(exceptions, name), "what"
    with pytest.raises(KataError, match="what"):
        raise kind(problem)
    assert not issubclass(kind, OSError | ValueError)
