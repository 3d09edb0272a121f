"""What a mutation run found, as ``mutants.json`` keeps it, and which survivors are known to be equivalent."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pytest_fastapi_kata.kata import Kata, is_source

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "mutants.json"
EQUIVALENTS = HERE / "equivalents.toml"


@dataclass(frozen=True)
class Survivor:
    """A mutant that passed every check; ``before`` and ``after`` are the lines that differ, without indentation."""

    file: str
    line: int
    operator: str
    before: str
    after: str


@dataclass(frozen=True)
class Tally:
    """What the mutants of one kata came to.

    ``possible`` is how many there are, ``total`` how many of them were tried.
    ``timeouts`` are those of the killed that ended at a deadline, and
    ``seconds`` is what the checks took on the solution as it is.
    """

    digest: str
    date: str
    possible: int
    total: int
    killed: int
    timeouts: int
    seconds: float
    survivors: tuple[Survivor, ...] = ()


@dataclass
class Results:
    """All tallies by the katas' ids, and the versions of the last run."""

    versions: dict[str, str] = field(default_factory=dict)
    katas: dict[str, Tally] = field(default_factory=dict)


def read_results(path: Path = RESULTS) -> Results:
    """Read ``mutants.json``; there are no results where it is missing."""
    if not path.is_file():
        return Results()
    data = json.loads(path.read_text("utf-8"))
    return Results(data["versions"], {name: _tally(one) for name, one in data["katas"].items()})


def _tally(data: Mapping[str, Any]) -> Tally:
    return Tally(**{**data, "survivors": tuple(Survivor(**one) for one in data["survivors"])})


def write_results(results: Results, path: Path = RESULTS) -> None:
    """Write ``mutants.json``, the katas in their order."""
    katas = {name: asdict(results.katas[name]) for name in sorted(results.katas)}
    text = json.dumps({"versions": results.versions, "katas": katas}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def digest(kata: Kata) -> str:
    """Return a digest of all that decides how a mutant fares: the solution, the given files and the checks."""
    found = hashlib.sha256(repr((kata.check_names, kata.timeout, kata.entry, kata.app)).encode())
    for path in _deciding(kata):
        found.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def _deciding(kata: Kata) -> Iterator[Path]:
    yield kata.acceptance
    folders = [kata.solution, kata.stub, kata.path / "data", kata.path / "rewrite", kata.path / "mutants.toml"]
    for folder in folders:
        for path in sorted([folder, *folder.rglob("*")]):
            if is_source(path) and "variants" not in path.parts:
                yield path


@dataclass(frozen=True)
class Equivalent:
    """A mutant that no check has to kill, and why; it is known by its text, since lines move."""

    kata: str
    file: str
    before: str
    after: str
    reason: str

    def is_of(self, survivor: Survivor) -> bool:
        """Say whether it is this survivor."""
        return (self.file, self.before, self.after) == (survivor.file, survivor.before, survivor.after)


def read_equivalents(path: Path = EQUIVALENTS) -> list[Equivalent]:
    """Read ``equivalents.toml``."""
    table = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
    return [Equivalent(kata, **entry) for kata, entries in table.items() for entry in entries]


def still_open(kata: str, survivors: Iterable[Survivor], known: Iterable[Equivalent]) -> list[Survivor]:
    """Return the survivors of a kata for which nobody has given a reason."""
    reasons = [one for one in known if one.kata == kata]
    return [survivor for survivor in survivors if not any(one.is_of(survivor) for one in reasons)]


def unmatched(known: Iterable[Equivalent], results: Results) -> list[Equivalent]:
    """Return the entries that fit no survivor of their kata, and so may be out of date."""
    return [
        one
        for one in known
        if one.kata not in results.katas or not any(map(one.is_of, results.katas[one.kata].survivors))
    ]
