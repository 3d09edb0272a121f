"""The folders that a kata is tried with."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pytest_fastapi_kata.edits import EditError
from pytest_fastapi_kata.kata import Edit, Kata, NearMiss
from pytest_fastapi_kata.verify.candidates import (
    lay_out_near_miss,
    lay_out_solution,
    lay_out_stub,
    lay_out_variant,
    variants,
)
from tests.unit.samples import a_kata


def write(root: Path, **files: str) -> None:
    """Write files; in their names two underscores stand for a slash, and one for the dot."""
    for name, text in files.items():
        file = root / name.replace("__", "/").replace("_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


@pytest.fixture
def kata(tmp_path: Path) -> Kata:
    """A kata with given files, a solution in two files, and a variant."""
    kata = a_kata(path=tmp_path / "kata", solution=tmp_path / "solution")
    write(kata.stub, app_py="stub", given_py="given", shed__data_csv="1")
    write(kata.solution, app_py="one = 1\nzwei = 'ü'\n", hats_py="hats", variants__short__app_py="short")
    (kata.solution / "__pycache__").mkdir()
    (kata.solution / "__pycache__/app.cpython-311.pyc").touch()
    return kata


def files(folder: Path) -> dict[str, str]:
    """Return all files of a folder with their texts."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in paths}


STUB = {"app.py": "stub", "given.py": "given", "shed/data.csv": "1"}
SOLUTION = {**STUB, "app.py": "one = 1\nzwei = 'ü'\n", "hats.py": "hats"}


def test_the_stub(kata: Kata, tmp_path: Path) -> None:
    """It is laid out as a learner gets it."""
    candidate = lay_out_stub(kata, tmp_path / "scratch")
    assert ("stub", "stub", None, STUB) == (
        candidate.kind, candidate.name, candidate.near_miss, files(candidate.folder),
    )  # fmt: skip


def test_the_solution(kata: Kata, tmp_path: Path) -> None:
    """It lies over the stub; variants and by-products stay behind."""
    candidate = lay_out_solution(kata, tmp_path / "scratch")
    assert ("solution", "solution", SOLUTION) == (candidate.kind, candidate.name, files(candidate.folder))


def test_a_variant(kata: Kata, tmp_path: Path) -> None:
    """It has the files that differ, and the others are the solution's."""
    candidate = lay_out_variant(kata, variants(kata)[0], tmp_path / "scratch")
    assert ("variant", "short", {**SOLUTION, "app.py": "short"}) == (
        candidate.kind, candidate.name, files(candidate.folder),
    )  # fmt: skip


def test_variants(kata: Kata) -> None:
    """Folders by name; there may be none."""
    write(kata.solution, variants__async__app_py="async", variants__notes_md="")
    assert ["async", "short"] == [path.name for path in variants(kata)]
    assert [] == variants(a_kata())


def near_miss(*edits: Edit) -> NearMiss:
    """Return a near miss of these edits."""
    return NearMiss("odd", "Why.", frozenset({"test_1"}), edits)


def test_a_near_miss(kata: Kata, tmp_path: Path) -> None:
    """Its edits are made to the solution, one after the other; whole files are new or replaced."""
    miss = near_miss(
        Edit("app.py", "one = 1", "one = 2"),
        Edit("app.py", "one = 2\nzwei = 'ü'", "drei"),
        Edit("hats.py", whole="caps"),
        Edit("shed/more.py", whole=""),
    )
    candidate = lay_out_near_miss(kata, miss, tmp_path / "scratch")
    assert ("near miss", "odd", miss) == (candidate.kind, candidate.name, candidate.near_miss)
    assert {**SOLUTION, "app.py": "drei\n", "hats.py": "caps", "shed/more.py": ""} == files(candidate.folder)
    assert "one = 1\nzwei = 'ü'\n" == (kata.solution / "app.py").read_text("utf-8")


def test_an_edit_may_remove_text(kata: Kata, tmp_path: Path) -> None:
    """And the solution may have Windows's line ends."""
    (kata.solution / "app.py").write_bytes(b"one = 1\r\ntwo = 2\r\n")
    candidate = lay_out_near_miss(kata, near_miss(Edit("app.py", "one = 1\ntwo", "")), tmp_path / "scratch")
    assert " = 2\n" == files(candidate.folder)["app.py"]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (Edit("app.py", "three", "four"), "its find text occurs 0 times in app.py, not once: 'three'"),
        (Edit("app.py", "e", "f"), "its find text occurs 2 times in app.py, not once: 'e'"),
        (Edit("app.py", "x" * 99, ""), f"its find text occurs 0 times in app.py, not once: '{'x' * 60}'"),
        (Edit("gone.py", "a", "b"), "edits gone.py, which is not there"),
        (Edit("shed", "a", "b"), "edits shed, which is not there"),
        (Edit("app.py", "one", "one"), "its edit of app.py changes nothing"),
    ],
)
def test_an_edit_that_does_not_fit(kata: Kata, tmp_path: Path, edit: Edit, problem: str) -> None:
    """What is wrong is said."""
    with pytest.raises(EditError, match=f"^{re.escape(problem)}$"):
        lay_out_near_miss(kata, near_miss(edit), tmp_path / "scratch")
