"""What suites are laid out from: mutants read and checked, the learner's files and the kit's own copies."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from pytest_fastapi_kata.kata import Edit
from pytest_fastapi_kata.suites import (
    FOLDER_FILES,
    SuiteResult,
    SuiteRun,
    TestOutcome,
    TooMuchError,
    lay_out_suite,
    read_mutants,
)
from pytest_fastapi_kata.tables import Problem

MUTANTS = """\
given = ["app.py"]
[promises]
P1 = "a greeting says hello"
[[mutant]]
name = "P1"
promise = "P1"
what = "bye for hello"
[[mutant.edit]]
file = "app.py"
find = "hello"
put = "bye"
"""


@pytest.fixture
def kata(tmp_path: Path) -> Path:
    """A kata's folder with a stub and a rewrite, beside a learner's folder."""
    for name, text in {
        "kata/stub/app.py": "hello = 1\n",
        "kata/rewrite/app.py": "rewritten = 1\n",
        "kata/mutants.toml": MUTANTS,
        "learner/app.py": "spoilt = 1\n",
        "learner/test_app.py": "import app\n",
        "learner/conftest.py": "",
        "learner/pyproject.toml": "[tool.pytest]\n",
        "learner/__pycache__/app.pyc": "",
        "learner/tests/test_more.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    """Return the files of a folder with their texts."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


def test_mutants_are_read(kata: Path) -> None:
    """Given files, promises, and each mutant with its edits."""
    problems: list[Problem] = []
    mutants = read_mutants(kata / "kata", problems)
    assert [] == problems
    assert (("app.py",), {"P1": "a greeting says hello"}) == (mutants.given, mutants.promises)
    assert (Edit("app.py", "hello", "bye"),) == mutants.mutant("P1").edits
    with pytest.raises(KeyError):
        mutants.mutant("P2")


@pytest.mark.parametrize(
    ("find", "put", "problem"),
    [
        ('promise = "P1"', 'promise = "P9"', "mutant[0].promise: 'P9' is not known (one of: P1)"),
        ('what = "bye for hello"\n', "", 'mutant[0].what: is missing (add what = "…")'),
        ('given = ["app.py"]', "given = []", "given: must be a list of texts, none of them empty"),
        ("[promises]", "[promisses]", "promisses: is not a key of this file"),
        ('put = "bye"', "", "mutant[0].edit[0].find: an edit has either find and put, or whole"),
    ],
)
def test_a_wrong_entry_is_named(kata: Path, find: str, put: str, problem: str) -> None:
    """The file, the key and the remedy are said."""
    file = kata / "kata" / "mutants.toml"
    file.write_text(file.read_text("utf-8").replace(find, put), encoding="utf-8")
    problems: list[Problem] = []
    read_mutants(kata / "kata", problems)
    assert any(f"mutants.toml: {problem}" in str(one) for one in problems), problems


def test_a_name_that_is_there_twice_is_named(kata: Path) -> None:
    """Two mutants of one name could not be told apart."""
    file = kata / "kata" / "mutants.toml"
    file.write_text(MUTANTS + MUTANTS.partition('hello"\n')[2], encoding="utf-8")
    problems: list[Problem] = []
    read_mutants(kata / "kata", problems)
    assert any("'P1' is there twice" in str(one) for one in problems), problems


def test_the_kits_copies_lie_over_the_learners(kata: Path) -> None:
    """Given files come from the kit, the learner's own from the learner, without configuration and by-products."""
    lay_out_suite(kata / "run", kata / "learner", kata / "kata/stub", ["app.py"])
    found = files(kata / "run")
    assert {"app.py", "test_app.py", "conftest.py", "tests/test_more.py", "pytest.ini"} == set(found)
    assert found["app.py"].startswith("hello = 1\n#")
    assert "asyncio_mode = strict" in found["pytest.ini"]
    assert "spoilt = 1\n" == (kata / "learner/app.py").read_text("utf-8")


def test_a_rewrite_replaces_and_an_edit_breaks(kata: Path) -> None:
    """Files of the rewrite replace given ones; a mutant's edits are applied to them."""
    lay_out_suite(kata / "rewrite", kata / "learner", kata / "kata/stub", ["app.py"], over=kata / "kata/rewrite")
    lay_out_suite(
        kata / "mutant", kata / "learner", kata / "kata/stub", ["app.py"], edits=[Edit("app.py", "hello", "bye")]
    )
    first, second = (files(kata / name)["app.py"].splitlines()[0] for name in ("rewrite", "mutant"))
    assert ("rewritten = 1", "bye = 1") == (first, second)


def test_no_two_runs_have_the_same_text(kata: Path) -> None:
    """A suite that compares the given file with a copy finds every run's text changed."""
    for name in ("one", "two"):
        lay_out_suite(kata / name, kata / "learner", kata / "kata/stub", ["app.py"])
    assert files(kata / "one")["app.py"] != files(kata / "two")["app.py"]


def test_hidden_tests_replace_the_learners(kata: Path) -> None:
    """With hidden tests only the learner's other files come along; their own configuration does if it is wanted."""
    lay_out_suite(
        kata / "run",
        kata / "learner",
        kata / "kata/stub",
        ["app.py"],
        hidden={"test_hidden.py": "x"},
        own_configuration=True,
    )
    assert {"app.py", "conftest.py", "test_hidden.py", "pyproject.toml"} == set(files(kata / "run"))


def test_a_folder_that_holds_too_much_is_refused(kata: Path) -> None:
    """Thousands of files are no test suite."""
    for number in range(FOLDER_FILES):
        (kata / "learner" / f"{number}.txt").touch()
    with pytest.raises(TooMuchError, match="Move away what is not part"):
        lay_out_suite(kata / "run", kata / "learner", kata / "kata/stub", ["app.py"])


def test_a_run_travels_as_json() -> None:
    """Lists become tuples again."""
    run = SuiteRun("folder", paths=("a", "b"), environment={"A": None}, observed=("x.y",), seconds=3)
    assert run == SuiteRun.from_json(json.loads(json.dumps(run.to_json())))


def test_a_report_becomes_a_result() -> None:
    """Outcomes, problems and what was observed."""
    tests = (TestOutcome("test_a", "test_x.py", "passed", requests=2), TestOutcome("test_b", "test_x.py", "failed"))
    result = SuiteResult("finished", tests, (), observed={"x.y": 1}, exit_status=1)
    assert result == SuiteResult.from_report(json.dumps(asdict(result)))
    assert (False, True, 2) == (result.is_green, result.is_red, result.requests)
    assert ("test_b", None) == (result.tests[1].name, result.test("test_c"))


@pytest.mark.parametrize("state", ["hung", "ended"])
def test_a_run_that_broke_off_is_neither_green_nor_red(state: str) -> None:
    """A test that hangs, or ends the process, is not a red test."""
    result = SuiteResult(state, (TestOutcome("test_a", "test_x.py", "failed"),))
    assert (False, False) == (result.is_green, result.is_red)
