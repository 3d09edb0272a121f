"""Bakes that cannot be: each says why in words, and leaves nothing half-written."""

from __future__ import annotations

import ast
import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.template.baking import CLONE, SMALL, bake, files_in, run


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("workspace_slug=my katas", "'my katas' cannot be the folder's name"),
        ("workspace_slug=a/b", "'a/b' cannot be the folder's name"),
        ("workspace_slug=../a", "'../a' cannot be the folder's name"),
        ("workspace_slug=", "'' cannot be the folder's name"),
        ("workspace_name=???", "'' cannot be the folder's name"),
        ("workspace_slug=.katas", "'.katas' cannot be the folder's name"),
        ("workspace_slug=-katas", "'-katas' cannot be the folder's name"),
        ("workspace_slug=CON", "Windows keeps it for itself"),
        ("topics=routing, routng", "there is no topic 'routng'\nKnown topics: "),
        ("topics= ,", "no topic is named\nSay all, or some of: "),
        ("levels=hard", "there is no level 'hard'\nKnown levels: basic, intermediate, advanced; or all."),
    ],
)
def test_a_wrong_answer(folder: Path, answer: str, said: str) -> None:
    """The message names the answer and what would do; there is no traceback, and no folder."""
    done = bake(folder, *CLONE, answer)
    assert 1 == done.returncode
    assert said in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert [] == list(folder.iterdir())


def test_a_wrong_answer_is_refused_at_once(folder: Path) -> None:
    """An unknown topic ends the questions right there."""
    done = bake(folder, *CLONE, answers="\n\nroutng\n")
    assert 1 == done.returncode
    assert "there is no topic 'routng'" in done.stdout
    assert "[4/7]" not in done.stdout
    assert [] == list(folder.iterdir())


def test_no_such_kata(folder: Path, kit: Path) -> None:
    """A choice of topics and levels that have no kata in common is an error."""
    for text in (kit / "katas").rglob("kata.toml"):
        text.write_text(text.read_text("utf-8").replace('level = "intermediate"', 'level = "basic"'), encoding="utf-8")
    done = bake(folder, str(kit), "--directory", "template", "levels=intermediate")
    assert 1 == done.returncode
    assert "there is no kata of level intermediate in all" in done.stdout
    assert [] == list(folder.iterdir())


@pytest.mark.parametrize("options", [(), ("-f",), ("-f", "-s")])
def test_an_existing_folder(folder: Path, options: tuple[str, ...]) -> None:
    """A folder with something in it stays as it is, even when cookiecutter is told to overwrite."""
    (folder / "my-katas/katas").mkdir(parents=True)
    (folder / "my-katas/README.md").write_text("mine", encoding="utf-8")
    done = bake(folder, *CLONE, *options, *SMALL)
    assert 1 == done.returncode
    assert ("has files in it, and was left as it is" if options else "directory already exists") in (
        done.stdout + done.stderr
    )
    assert ["my-katas/README.md"] == files_in(folder)
    assert "mine" == (folder / "my-katas/README.md").read_text("utf-8")
    assert [] == list((folder / "my-katas/katas").iterdir())


def test_a_file_of_that_name(folder: Path) -> None:
    """A file in the place of the folder is not touched."""
    (folder / "my-katas").write_text("mine", encoding="utf-8")
    done = bake(folder, *CLONE, *SMALL)
    assert 1 == done.returncode
    assert "mine" == (folder / "my-katas").read_text("utf-8")


@pytest.mark.parametrize("existing", [False, True])
def test_a_kata_that_cannot_be_copied(folder: Path, kit: Path, *, existing: bool) -> None:
    """If the katas cannot be laid out, that is said last by the hook, and the folder is gone or as empty as before."""
    (kit / "katas/02_routing/q011_define_routes/README.md").unlink()
    if existing:
        (folder / "my-katas").mkdir()
    done = bake(folder, str(kit), "--directory", "template", "-f")
    assert 1 == done.returncode
    assert "fastapi-kata: the workspace could not be made: " in done.stderr
    assert "q011_define_routes" in done.stderr
    assert (["my-katas"] if existing else []) == [path.name for path in folder.rglob("*")]


def test_a_template_without_its_katas(folder: Path, tmp_path: Path) -> None:
    """The template alone says what it needs."""
    shutil.copytree(REPOSITORY / "template", tmp_path / "alone/template")
    done = bake(folder, str(tmp_path / "alone"), "--directory", "template")
    assert 1 == done.returncode
    assert "the katas are missing beside the template" in done.stdout
    assert "cookiecutter PATH_OR_URL --directory template" in done.stdout
    assert [] == list(folder.iterdir())


def test_an_old_interpreter(folder: Path) -> None:
    """On Python 3.10 cookiecutter stops before the first question, and says what to do."""
    pretend = "import sys; from cookiecutter.cli import main; sys.version_info = (3, 10, 13, 'final', 0); main()"
    done = run(folder, [sys.executable, "-c", pretend, *CLONE])
    assert 1 == done.returncode
    assert "the katas need Python 3.11 or newer, and this cookiecutter runs on Python 3.10.13." in done.stdout
    assert "uvx --python 3.11 cookiecutter" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "[1/7]" not in done.stdout
    assert [] == list(folder.iterdir())


@pytest.mark.parametrize("name", ["fastapi_kata_template.py", "hooks/pre_gen_project.py", "hooks/post_gen_project.py"])
def test_old_interpreters_can_read_the_code(name: str) -> None:
    """The template's own code parses on Python 3.7, so that it can say that this is too old."""
    ast.parse((REPOSITORY / "template" / name).read_text("utf-8"), feature_version=(3, 7))
