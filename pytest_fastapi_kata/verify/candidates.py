"""The folders that a kata is tried with: its stub, solution, variants and near misses, laid out as a learner's."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pytest_fastapi_kata.edits import apply
from pytest_fastapi_kata.kata import Kata, NearMiss, is_source

Kind = Literal["stub", "solution", "variant", "near miss"]


@dataclass(frozen=True)
class Candidate:
    """One folder of files to run the checks against."""

    kind: Kind
    name: str
    folder: Path
    near_miss: NearMiss | None = None


def variants(kata: Kata) -> list[Path]:
    """Return the folders of the solution's variants, sorted by name."""
    return kata.variants()


def lay_out_stub(kata: Kata, scratch: Path) -> Candidate:
    """Copy the stub."""
    folder = _fresh(scratch, "stub")
    _copy(kata.stub, folder)
    return Candidate("stub", "stub", folder)


def lay_out_solution(kata: Kata, scratch: Path) -> Candidate:
    """Copy the given files of the stub, and the solution over them."""
    return Candidate("solution", "solution", _solution_folder(kata, scratch, "solution"))


def lay_out_variant(kata: Kata, variant: Path, scratch: Path) -> Candidate:
    """Copy the solution, and the variant's files over it."""
    folder = _solution_folder(kata, scratch, f"variant-{variant.name}")
    _copy(variant, folder)
    return Candidate("variant", variant.name, folder)


def lay_out_near_miss(kata: Kata, miss: NearMiss, scratch: Path) -> Candidate:
    """Copy the solution and apply the near miss's edits.

    Raises:
        EditError: an edit's text does not occur exactly once, or changes nothing.
    """
    folder = _solution_folder(kata, scratch, f"near-miss-{miss.name}")
    for edit in miss.edits:
        apply(edit, folder)
    return Candidate("near miss", miss.name, folder, miss)


def _solution_folder(kata: Kata, scratch: Path, name: str) -> Path:
    folder = _fresh(scratch, name)
    _copy(kata.stub, folder)
    _copy(kata.solution, folder, leave_out="variants")
    return folder


def _fresh(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir(parents=True)
    return folder


def _copy(source: Path, target: Path, leave_out: str = "") -> None:
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if is_source(path) and relative.parts[0] != leave_out:
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / relative)
