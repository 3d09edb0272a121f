"""Which katas of the workspace run this time, and where the others stand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pytest_fastapi_kata.availability import why_unavailable
from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.plugin.settings import Settings
from pytest_fastapi_kata.progress import ResultCache
from pytest_fastapi_kata.results import KataResult
from pytest_fastapi_kata.standing import katas_in, standing
from pytest_fastapi_kata.workspace import Workspace

Decision = Literal["run", "not_started", "cached", "unavailable"]


@dataclass
class Plan:
    """Decides for each kata, once, whether it runs.

    ``asked`` are the files and folders named on the command line: a kata that
    is named runs in any case, also as an untouched stub.
    """

    workspace: Workspace
    catalogue: Catalogue
    settings: Settings
    cache: ResultCache
    asked: tuple[Path, ...] = ()
    _decisions: dict[str, Decision] = field(default_factory=dict)

    @property
    def katas(self) -> list[Kata]:
        """The katas that this workspace has, in their order."""
        return katas_in(self.workspace, self.catalogue)

    def is_named(self, kata: Kata) -> bool:
        """Say whether the command line names this kata's folder or a file of it."""
        if not self.asked:
            return False
        folder = self.workspace.folder(kata).resolve()
        return any(path.is_relative_to(folder) for path in self.asked)

    def decide(self, kata: Kata) -> Decision:
        """Return what happens with a kata in this run."""
        if kata.id not in self._decisions:
            self._decisions[kata.id] = self._decide(kata)
        return self._decisions[kata.id]

    def _decide(self, kata: Kata) -> Decision:
        named = self.is_named(kata)
        untouched = self.workspace.state(kata) == "untouched"
        if untouched and not (named or self.settings.everything):
            return "not_started"
        if why_unavailable(kata):
            return "unavailable"
        solved = self.settings.progress and not self.settings.fresh and not named and self.is_solved(kata)
        return "cached" if solved else "run"

    def is_solved(self, kata: Kata) -> bool:
        """Say whether the last result says solved, and still holds."""
        result = self.cache.get(kata)
        return result is not None and result.status == "solved"

    def standing(self, kata: Kata) -> KataResult:
        """Return where a kata stands that did not run this time."""
        return standing(self.workspace, self.cache, kata)
