"""`fastapi-kata new`: the template from the installed kit."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.template.baking import run

SMALL = ("--topics", "routing", "--levels", "basic")
MAIN = "from pytest_fastapi_kata.cli import main; main()"


def new(folder: Path, *arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    """Run `fastapi-kata new` in ``folder``."""
    return run(folder, [sys.executable, "-c", MAIN, "new", *arguments], answers, PYTHONPATH=str(REPOSITORY))


def test_a_name_is_enough(folder: Path) -> None:
    """With a name nothing is asked, the folder has it as it is, and the next steps are shown."""
    done = new(folder, "My_Katas", *SMALL)
    assert 0 == done.returncode, done.stderr
    assert "cd My_Katas\n" in done.stdout
    assert done.stdout.count("pytest --kata-progress") == 1
    assert (folder / "My_Katas/README.md").read_text("utf-8").startswith("# My_Katas\n")


def test_options_are_the_answers(folder: Path) -> None:
    """Every question has its option."""
    options = ("--editor", "none", "--ci", "github", "--package-manager", "uv", "--output-dir", str(folder / "sub"))
    (folder / "sub").mkdir()
    new(folder, "k", *SMALL, *options)
    made = folder / "sub/k"
    names = {".gitattributes", ".github", ".gitignore", ".kata", "README.md", "katas", "pyproject.toml"}
    assert names == {
        p.name for p in made.iterdir()
    }
    marker = tomllib.loads((made / "pyproject.toml").read_text("utf-8"))["tool"]["fastapi-kata"]
    assert (["routing"], ["basic"]) == (marker["topics"], marker["levels"])


def test_a_path_is_as_good_as_a_name(folder: Path) -> None:
    """The workspace is made in the folder that the path leads to, and has the path's last part for its name."""
    (folder / "sub").mkdir()
    done = new(folder, str(folder / "sub/k"), *SMALL)
    assert 0 == done.returncode, done.stderr
    assert (folder / "sub/k/README.md").read_text("utf-8").startswith("# k\n")


def test_without_a_name_it_asks(folder: Path) -> None:
    """Without a name the template's questions are asked, and given options are their defaults."""
    done = new(folder, "--topics", "routing", "--levels", "basic", answers="Evening katas\n" + "\n" * 6)
    assert 0 == done.returncode, done.stderr
    assert "[1/7] What do you want to call your workspace?" in done.stdout
    assert "(routing)" in done.stdout
    assert (folder / "evening-katas/pyproject.toml").is_file()


def test_no_input_asks_nothing(folder: Path) -> None:
    """`--no-input` makes my-katas with all defaults."""
    done = new(folder, "--no-input")
    assert 0 == done.returncode, done.stderr
    assert ["my-katas"] == [path.name for path in folder.iterdir()]


def test_the_home_folder_is_left_alone(folder: Path) -> None:
    """Neither ~/.cookiecutterrc nor cookiecutter's replay folder plays a part."""
    home = folder.parent / "home"
    home.mkdir()
    (home / ".cookiecutterrc").write_text("default_context: {package_manager: uv}\n", encoding="utf-8")
    new(folder, "k", *SMALL)
    assert (folder / "k/requirements.txt").is_file()
    assert [".cookiecutterrc"] == [path.name for path in home.iterdir()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("My katas",), "fastapi-kata: 'My katas' cannot be the folder's name\n"),
        (("a/b",), "fastapi-kata: there is no folder 'a' to make 'b' in\nMake it first: mkdir -p a\n"),
        (("nul.txt",), "fastapi-kata: 'nul.txt' cannot be the folder's name: Windows keeps it for itself\n"),
        (("k", "--topics", "routng"), "fastapi-kata: there is no topic 'routng'\nKnown topics: "),
        (("k", "--levels", "hard"), "fastapi-kata: there is no level 'hard'\nKnown levels: "),
        (("k", "--editor", "vim"), "'vim' is not one of"),
        (("k", "--output-dir", "nowhere"), "does not exist"),
        ((), "fastapi-kata: the questions were not answered, so no workspace was made\n"),
    ],
)
def test_refusals(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    """What cannot be is said in words with exit code 2, and nothing is written."""
    done = new(folder, *arguments)
    assert 2 == done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert [] == list(folder.iterdir())


def test_an_existing_folder_is_left_alone(folder: Path) -> None:
    """A folder of that name is not touched."""
    (folder / "k").mkdir()
    (folder / "k/app.py").write_text("mine", encoding="utf-8")
    done = new(folder, "k", *SMALL)
    assert 2 == done.returncode
    assert '"k" directory already exists\nIt was left as it is.' in done.stderr
    assert [folder / "k/app.py"] == list((folder / "k").iterdir())
