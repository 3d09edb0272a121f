"""The errors that the kit raises on purpose: each names the thing and the remedy."""

from __future__ import annotations


class KataError(Exception):
    """Something is wrong outside of the kit, and somebody can put it right.

    Args:
        problem: What is wrong, naming the file, key or kata.
        remedy: What to do about it; empty when the problem says it all.
    """

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem}\n{remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy


class CatalogueError(KataError):
    """A pack of katas, or one kata of it, cannot be used as it stands."""


class WorkspaceError(KataError):
    """The learner's workspace is missing, foreign or damaged."""


class LearnerError(KataError):
    """The learner's module cannot be imported, or has no usable app."""


class ServerError(KataError):
    """A server process for the learner's app did not come up or went away."""


class WorkerError(KataError):
    """A process of the kit's own, not the learner's code, could not do its work."""
