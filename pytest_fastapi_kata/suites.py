"""A learner's test suite and the apps it is run against: the given one, a rewrite, and broken ones (mutants)."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pytest_fastapi_kata.edits import apply
from pytest_fastapi_kata.kata import Edit, read_edits
from pytest_fastapi_kata.tables import Problem, Reader, read_toml

FILE = "mutants.toml"
SUITE_SECONDS = 20.0
"""Seconds after which a run is stopped, and counts as hung."""
FOLDER_FILES = 300
FOLDER_BYTES = 5_000_000

CONFIGURATION = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_INI = "[pytest]\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n"
_BY_PRODUCTS = ("__pycache__", ".pytest_cache", ".hypothesis", ".git", ".venv", "venv", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True)
class Mutant:
    """A broken app: edits to the given files that break one promise. ``what`` is for authors; no learner sees it."""

    name: str
    promise: str
    what: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True)
class Mutants:
    """``mutants.toml``: which files are given, what they promise, and the apps that break a promise."""

    given: tuple[str, ...] = ()
    promises: Mapping[str, str] = field(default_factory=dict)
    mutants: tuple[Mutant, ...] = ()

    def mutant(self, name: str) -> Mutant:
        """Return the mutant of that name; KeyError if there is none."""
        for one in self.mutants:
            if one.name == name:
                return one
        raise KeyError(name)


def read_mutants(folder: Path, problems: list[Problem]) -> Mutants:
    """Read the ``mutants.toml`` of a kata's folder; wrong entries are noted as problems and left out."""
    file = folder / FILE
    table = read_toml(file, problems)
    if table is None:
        return Mutants()
    reader = Reader(file, table, problems)
    reader.refuse_unknown({"given", "promises", "mutant"})
    promises = table.get("promises", {})
    if not isinstance(promises, dict) or not all(isinstance(text, str) and text for text in promises.values()):
        reader.problem("promises", "must be a table of texts", 'P1 = "what the README promises"')
        promises = {}
    mutants = tuple(_read_mutant(reader, number, entry, promises) for number, entry in _entries(reader))
    names = [mutant.name for mutant in mutants]
    for name in sorted({name for name in names if names.count(name) > 1}):
        reader.problem("mutant", f"{name!r} is there twice", "names are unique in a kata")
    return Mutants(reader.texts("given", required=True), promises, mutants)


def _entries(reader: Reader) -> Iterator[tuple[int, dict[str, Any]]]:
    return enumerate(reader.tables("mutant") if "mutant" in reader.table else [])


def _read_mutant(reader: Reader, number: int, entry: dict[str, Any], promises: Mapping[str, str]) -> Mutant:
    one = Reader(reader.file, entry, reader.problems, f"mutant[{number}].")
    one.refuse_unknown({"name", "promise", "what", "edit"})
    promise = one.choice("promise", tuple(promises))
    return Mutant(one.text("name"), promise, one.text("what"), read_edits(one))


@dataclass(frozen=True)
class SuiteRun:
    """One run of pytest on a folder that was laid out for it.

    ``plugins`` are modules to load besides pytest's own; ``environment`` sets
    variables (None removes one); ``options`` are further arguments of pytest.
    ``counted`` says whose requests count: those of ``app`` in module ``app``,
    or those of ``any`` FastAPI instance. ``observed`` names a value that is
    noted at the end, such as ``catalogue.loads``. With ``stops``, the run ends
    at the first test that fails. ``temporary`` is the folder for temporary
    files, empty for the system's.
    """

    folder: str
    paths: tuple[str, ...] = (".",)
    reverse: bool = False
    own_configuration: bool = False
    plugins: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    counted: str = "app"
    observed: tuple[str, ...] = ()
    stops: bool = False
    temporary: str = ""
    seconds: float = SUITE_SECONDS

    def to_json(self) -> dict[str, Any]:
        """Return the run as JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> SuiteRun:
        """Rebuild a run from ``to_json``."""
        lists = {key: tuple(value) for key, value in data.items() if isinstance(value, list)}
        return cls(**{**data, **lists})


@dataclass(frozen=True)
class TestOutcome:
    """What became of one test: ``passed``, ``failed``, ``error`` (beside its call) or ``skipped``.

    An assert that fails in a fixture's set-up counts as ``failed``. Expected
    failures are ``xfailed``, unexpected successes ``xpassed``. ``place`` is the
    learner's line that failed (``test_x.py, line 12``), ``message`` the error,
    ``requests`` how many the app got during the test, ``asserts`` how many
    assert statements held.
    """

    __test__ = False

    name: str
    file: str
    outcome: str
    message: str = ""
    place: str = ""
    requests: int = 0
    asserts: int = 0
    overrides_left: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SuiteResult:
    """What came of a run.

    ``state`` is ``finished``, ``hung`` (stopped after its time) or ``ended``
    (the process ended before all tests had run). ``problems`` are files that
    could not be collected, and errors of pytest itself. ``running`` names the
    test that ran when a run hung or ended; ``had_failed`` says that its call
    was over by then, and had failed. ``seconds`` is the time a run was given.
    """

    state: str
    tests: tuple[TestOutcome, ...] = ()
    problems: tuple[str, ...] = ()
    running: str = ""
    had_failed: bool = False
    seconds: float = SUITE_SECONDS
    output: str = ""
    observed: Mapping[str, Any] = field(default_factory=dict)
    exit_status: int | None = None

    def of(self, outcome: str) -> tuple[TestOutcome, ...]:
        """Return the tests with that outcome."""
        return tuple(test for test in self.tests if test.outcome == outcome)

    @property
    def is_green(self) -> bool:
        """Whether everything was collected and run, and nothing failed."""
        return self.state == "finished" and not (self.problems or self.of("failed") or self.of("error"))

    @property
    def is_red(self) -> bool:
        """Whether the run came to its end, and at least one test failed."""
        return self.state == "finished" and bool(self.of("failed"))

    @property
    def requests(self) -> int:
        """How many requests the app got in tests that passed."""
        return sum(test.requests for test in self.of("passed"))

    def test(self, name: str) -> TestOutcome | None:
        """Return the test of that name, None if it did not run."""
        return next((test for test in self.tests if test.name == name), None)

    @classmethod
    def from_report(cls, text: str) -> SuiteResult:
        """Read what the probe has written; ValueError, KeyError or TypeError if it is no report."""
        data = json.loads(text)
        tests = tuple(
            TestOutcome(**{**test, "overrides_left": tuple(test["overrides_left"]), "markers": tuple(test["markers"])})
            for test in data.pop("tests")
        )
        return cls(tests=tests, problems=tuple(data.pop("problems")), **data)


class TooMuchError(Exception):
    """The learner's folder holds more than a suite needs."""


def lay_out_suite(  # noqa: PLR0913 - each is one part of the folder
    target: Path,
    learner: Path,
    pristine: Path,
    given: Iterable[str],
    *,
    over: Path | None = None,
    edits: Iterable[Edit] = (),
    hidden: Mapping[str, str] | None = None,
    own_configuration: bool = False,
) -> None:
    """Lay out a folder for one run: the learner's files, the kit's own copies of given files over them, then edits.

    ``over`` is a folder whose files replace given ones (a rewrite). With
    ``hidden`` tests, the learner's own test modules are left out.

    Raises:
        TooMuchError: the learner's folder has too many or too large files.
        EditError: an edit does not fit.
    """
    target.mkdir(parents=True)
    left_out = () if own_configuration else CONFIGURATION
    for path in _learners_files(learner):
        relative = path.relative_to(learner)
        is_test = path.suffix == ".py" and (path.name.startswith("test_") or path.name.endswith("_test.py"))
        if relative.as_posix() not in left_out and not (hidden and is_test):
            _place(path, target / relative)
    for name in given:
        _place(pristine / name, target / name)
        _make_distinct(target / name)
    if over is not None:
        for path in sorted(over.rglob("*.py")):
            _place(path, target / path.relative_to(over))
    for edit in edits:
        apply(edit, target)
    for name, text in (hidden or {}).items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text, encoding="utf-8")
    if not own_configuration:
        (target / "pytest.ini").write_text(_INI, encoding="utf-8")


def _learners_files(learner: Path) -> Iterator[Path]:
    files = size = 0
    for path in sorted(learner.rglob("*")):
        relative = path.relative_to(learner)
        if not path.is_file() or any(part in _BY_PRODUCTS for part in relative.parts) or path.suffix == ".pyc":
            continue
        files, size = files + 1, size + path.stat().st_size
        if files > FOLDER_FILES or size > FOLDER_BYTES:
            what = f"`{relative.parts[0]}` and the rest of the kata's folder hold more than a test suite needs"
            msg = f"{what}. Move away what is not part."
            raise TooMuchError(msg)
        yield path


def _make_distinct(file: Path) -> None:
    # No two runs have the same text, so a test that knows the given file by heart is no better off.
    if file.suffix == ".py":
        with file.open("a", encoding="utf-8") as text:
            text.write(f"# {secrets.token_hex(8)}\n")


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
