"""What most commands begin with: the workspace around the current folder, and the kata that is meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_fastapi_kata.catalogue import Catalogue, load_catalogue
from pytest_fastapi_kata.exceptions import CatalogueError, WorkspaceError
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import Record, ResultCache
from pytest_fastapi_kata.reports.overview import next_kata
from pytest_fastapi_kata.results import KataResult
from pytest_fastapi_kata.standing import standing, standings
from pytest_fastapi_kata.workspace import Workspace, find_workspace


@dataclass
class Context:
    """A workspace, the katas that it may have, and what is known of them."""

    workspace: Workspace
    catalogue: Catalogue
    cache: ResultCache
    record: Record

    def standings(self) -> list[KataResult]:
        """Return where every kata of the workspace stands."""
        return standings(self.workspace, self.catalogue, self.cache)

    def standing(self, kata: Kata) -> KataResult:
        """Return where one kata stands."""
        return standing(self.workspace, self.cache, kata)

    def kata(self, name: str | None) -> Kata:
        """Return the named kata; without a name that of the current folder, else the next one.

        Raises:
            CatalogueError: there is no such kata, or none is left.
            WorkspaceError: the workspace does not have it.
        """
        kata = self.catalogue.find(name) if name else self._kata_here() or self._next()
        if not self.workspace.folder(kata).is_dir():
            msg = f"{kata.id} is not in this workspace ({self.workspace.folder(kata)} is missing)"
            raise WorkspaceError(msg, f"`fastapi-kata reset {kata.id}` lays it out.")
        return kata

    def _kata_here(self) -> Kata | None:
        here = Path.cwd().resolve()
        return next((k for k in self.catalogue if here.is_relative_to(self.workspace.folder(k).resolve())), None)

    def _next(self) -> Kata:
        following = next_kata(self.standings())
        if following is None:
            msg = "no kata is left to do in this workspace"
            raise CatalogueError(msg, "Name one, such as q011; `fastapi-kata list` shows all.")
        return following.kata


def open_context() -> Context:
    """Return the context of the current folder; WorkspaceError outside of a workspace."""
    workspace = find_workspace(Path.cwd())
    return Context(workspace, load_catalogue(), ResultCache(workspace), Record(workspace))
