"""Where the katas of a workspace stand, from the last results and without running anything."""

from __future__ import annotations

from dataclasses import replace

from pytest_fastapi_kata.availability import why_unavailable
from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.progress import ResultCache
from pytest_fastapi_kata.results import KataResult
from pytest_fastapi_kata.workspace import Workspace

OUTDATED = "solved against an older version"
"""The note on a kata whose checks, kit, Python or FastAPI have changed since it was solved."""


def katas_in(workspace: Workspace, catalogue: Catalogue) -> list[Kata]:
    """Return the katas that a workspace has, in their order."""
    return [kata for kata in catalogue.katas if workspace.folder(kata).is_dir()]


def standing(workspace: Workspace, cache: ResultCache, kata: Kata) -> KataResult:
    """Return where a kata stands.

    The last result counts as long as nothing has changed that it depends on.
    A kata that was solved stays so, with a note, when others than the learner
    have changed something: the kit, Python or FastAPI. A started kata without
    a result is ``failing`` and has no checks.
    """
    untouched = workspace.state(kata) == "untouched"
    reason = "" if untouched else why_unavailable(kata)
    if reason:
        return KataResult(kata, "unavailable", note=reason)
    known = cache.get(kata)
    if known is not None and not (untouched and known.status != "solved"):
        return known
    earlier = None if untouched else cache.get_outdated(kata)
    if earlier is not None and earlier.status == "solved":
        return replace(earlier, note=OUTDATED)
    return KataResult(kata, "not_started" if untouched else "failing")


def standings(workspace: Workspace, catalogue: Catalogue, cache: ResultCache) -> list[KataResult]:
    """Return where every kata of the workspace stands, in order."""
    return [standing(workspace, cache, kata) for kata in katas_in(workspace, catalogue)]
