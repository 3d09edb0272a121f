"""Workspaces as `cookiecutter` makes them from a clone, a zip and an installed package."""

from __future__ import annotations

import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.scaffold import readme_page
from pytest_fastapi_kata.kata import LEVELS
from tests.conftest import REPOSITORY
from tests.template.baking import CLONE, SMALL, bake, copy_kit, files_in, zip_kit

PIN = f"pytest-fastapi-kata[katas]~={__version__}"
REPORTED = (
    "pytest --kata-progress --kata-html=report/progress.html --kata-badge=report/badge.svg | tee progress.txt"
)


def settings(workspace: Path) -> dict[str, Any]:
    """Return the workspace's pyproject.toml."""
    return tomllib.loads((workspace / "pyproject.toml").read_text("utf-8"))


def katas_in(workspace: Path) -> list[str]:
    """Return the folders of the katas that a workspace has."""
    return sorted(path.relative_to(workspace / "katas").as_posix() for path in (workspace / "katas").glob("*/*/"))


def test_defaults_give_vs_code_and_pip(baked: Path) -> None:
    """Without a question asked: all that a learner needs, and no CI."""
    names = sorted(path.name for path in baked.iterdir())
    assert [
        ".gitattributes", ".gitignore", ".kata", ".vscode", "README.md", "katas", "pyproject.toml", "requirements.txt",
    ] == names  # fmt: skip


def test_every_kata_is_laid_out(baked: Path, own: Catalogue) -> None:
    """Each kata has its instructions and its stub's files, and nothing of its checks or solution."""
    expected = sorted({f"{kata.topic.folder}/README.md" for kata in own})
    for kata in own:
        expected += [f"{kata.folder}/{file.as_posix()}" for file in kata.stub_files()]
        expected.append(f"{kata.folder}/README.md")
    assert sorted(expected) == files_in(baked / "katas")


def test_stubs_and_instructions_are_the_kits(baked: Path, own: Catalogue) -> None:
    """Every file is what the kit has; the instructions are followed by how to check, run and get help."""
    for kata in own:
        folder = baked / "katas" / kata.folder
        page = (folder / "README.md").read_text("utf-8")
        assert page.startswith(kata.readme.read_text("utf-8").rstrip()), kata.slug
        assert readme_page(kata) == page, kata.slug
        assert f"fastapi-kata hint {kata.id}" in page
        for file in kata.stub_files():
            assert (kata.stub / file).read_bytes() == (folder / file).read_bytes(), f"{kata.slug}/{file}"


def test_the_manifest_holds_the_stubs(baked: Path, own: Catalogue) -> None:
    """`.kata/stubs.json` has the text of each stub, for a later merge."""
    manifest = json.loads((baked / ".kata/stubs.json").read_text("utf-8"))
    assert (1, __version__) == (manifest["format_version"], manifest["kit"])
    assert [kata.id for kata in own] == list(manifest["katas"])
    q011 = own.find("q011")
    assert {"app.py": (q011.stub / "app.py").read_text("utf-8")} == manifest["katas"]["q011"]["files"]


def test_pyproject_marks_the_workspace(baked: Path, own: Catalogue) -> None:
    """The marker section names format, kit, topics and levels, resolved; pytest looks into katas/."""
    marker = {"format_version": 1, "kit": __version__, "topics": ["all"], "levels": list(LEVELS)}
    options = {
        "testpaths": ["katas"],
        "addopts": "-p no:schemathesis -p no:hypothesispytest",
        "asyncio_default_fixture_loop_scope": "function",
    }
    assert {"tool": {"fastapi-kata": marker, "pytest": {"ini_options": options}}} == settings(baked)


def test_pip_gets_a_pin(baked: Path) -> None:
    """requirements.txt asks for a compatible kit."""
    assert f"{PIN}\n" == (baked / "requirements.txt").read_text("utf-8")


def test_vs_code_is_told_of_pytest(baked: Path) -> None:
    """VS Code's files are JSON, switch pytest on and recommend the Python extension."""
    told = json.loads((baked / ".vscode/settings.json").read_text("utf-8"))
    assert (True, False) == (told["python.testing.pytestEnabled"], told["python.testing.unittestEnabled"])
    assert ["ms-python.python"] == json.loads((baked / ".vscode/extensions.json").read_text("utf-8"))["recommendations"]


def test_the_readme_tells_how_to_go(baked: Path, own: Catalogue) -> None:
    """The README has the commands of the day, the number of katas, and no leftover of the template."""
    text = (baked / "README.md").read_text("utf-8")
    assert text.startswith("# My katas\n")
    for words in (f"{len(own)} short", "python3 -m venv", r".venv\Scripts\activate", "`pytest --kata-progress`"):
        assert words in text
    assert "uv" not in text.split()
    for leftover in ("{{", "{%", "{#", "}}", "cookiecutter"):
        assert leftover not in text


def test_only_the_cache_is_ignored(baked: Path) -> None:
    """Git leaves out .kata/cache/, and takes progress.json and stubs.json."""
    lines = (baked / ".gitignore").read_text("utf-8").splitlines()
    assert [".kata/cache/"] == [line for line in lines if line.startswith(".kata")]
    assert {".venv/", "__pycache__/", ".pytest_cache/"} <= set(lines)


def test_all_files_are_utf8_with_plain_newlines(baked: Path) -> None:
    """What the template writes of its own decodes as UTF-8 and has no carriage return."""
    for name in files_in(baked):
        if not name.startswith("katas/"):
            content = (baked / name).read_bytes()
            content.decode("utf-8")
            assert b"\r" not in content, name
            assert content.endswith(b"\n"), name
            assert not content.endswith(b"\n\n"), name


def test_uv_github_and_no_editor(folder: Path) -> None:
    """For uv there is a project to sync, for GitHub a workflow that uses it, and without an editor no settings."""
    done = bake(folder, *CLONE, *SMALL, "package_manager=uv", "ci=github", "editor=none", "workspace_slug=mine")
    assert 0 == done.returncode, done.stderr
    workspace = folder / "mine"
    names = {path.name for path in workspace.iterdir()}
    assert {".gitattributes", ".github", ".gitignore", ".kata", "README.md", "katas", "pyproject.toml"} == names
    made = settings(workspace)
    assert ([PIN], ">=3.11", False) == (
        made["project"]["dependencies"], made["project"]["requires-python"], made["tool"]["uv"]["package"],
    )  # fmt: skip
    assert (["routing"], ["basic"]) == (made["tool"]["fastapi-kata"]["topics"], made["tool"]["fastapi-kata"]["levels"])
    assert ["uv sync", f"uv run {REPORTED}"] == workflow_commands(workspace)[:2]
    assert "`uv run pytest --kata-progress`" in (workspace / "README.md").read_text("utf-8")


def workflow_commands(workspace: Path) -> list[str]:
    """Return what the CI workflow runs."""
    workflow = yaml.safe_load((workspace / ".github/workflows/katas.yml").read_text("utf-8"))
    return [step["run"] for step in workflow["jobs"]["katas"]["steps"] if "run" in step]


def test_github_publishes_page_badge_and_summary(folder: Path) -> None:
    """Also when a kata is not solved; the summary shows what pytest said."""
    bake(folder, *CLONE, *SMALL, "ci=github")
    steps = yaml.safe_load((folder / "my-katas/.github/workflows/katas.yml").read_text("utf-8"))["jobs"]["katas"]["steps"]
    run, summary, upload = steps[-3:]
    assert ("bash", "always()", "always()") == (run["shell"], summary["if"], upload["if"])
    assert "cat progress.txt" in summary["run"]
    assert "$GITHUB_STEP_SUMMARY" in summary["run"]
    assert "report/" == upload["with"]["path"]


def test_github_with_pip(folder: Path) -> None:
    """For pip, the workflow installs requirements.txt."""
    bake(folder, *CLONE, *SMALL, "ci=github")
    install = "python -m pip install -r requirements.txt"
    assert [install, REPORTED] == workflow_commands(folder / "my-katas")[:2]


@pytest.mark.parametrize("topics", ["routing", "02_routing", " Routing ,", "2"])
def test_some_topics_and_levels(folder: Path, own: Catalogue, topics: str) -> None:
    """Topics go by name, folder or number, and only katas of the chosen levels are laid out."""
    bake(folder, *CLONE, f"topics={topics}", "levels=advanced basic")
    expected = [k.folder for k in own if k.topic.name == "routing" and k.level in ("basic", "advanced")]
    assert expected == katas_in(folder / "my-katas")
    assert ["basic", "advanced"] == settings(folder / "my-katas")["tool"]["fastapi-kata"]["levels"]


def test_the_questions(folder: Path) -> None:
    """Asked for everything, a learner answers in plain words and is told how to go on."""
    done = bake(folder, *CLONE, answers='Zoë\'s "first" katas\n\nrouting\nbasic\n2\n2\n2\n')
    assert 0 == done.returncode, done.stderr
    for number in range(1, 8):
        assert f"[{number}/7]" in done.stdout
    assert "cd zoe-s-first-katas\n    uv sync\n    uv run pytest --kata-progress\n" in done.stdout
    readme = (folder / "zoe-s-first-katas/README.md").read_text("utf-8")
    assert readme.startswith('# Zoë\'s "first" katas\n')


def test_the_question_names_all_topics(own: Catalogue) -> None:
    """The question for the topics names each one that has katas."""
    context = json.loads((REPOSITORY / "template/cookiecutter.json").read_text("utf-8"))
    named = set(context["__prompts__"]["topics"].partition(": ")[2].split(", "))
    assert set() == {kata.topic.name for kata in own} - named


def test_from_a_zip(folder: Path, kit: Path) -> None:
    """A zip of the repository bakes with the katas and the code in it, whatever else is installed."""
    archive = zip_kit(kit, folder.parent / "kit.zip")
    done = bake(folder, str(archive), "--directory", "template")
    assert (0, "") == (done.returncode, done.stderr)
    assert "9.8.7" == settings(folder / "my-katas")["tool"]["fastapi-kata"]["kit"]
    assert (kit / "katas/02_routing/q011_define_routes/stub/app.py").read_bytes() == (
        folder / "my-katas/katas/02_routing/q011_define_routes/app.py"
    ).read_bytes()


def test_from_an_installed_package(folder: Path, tmp_path: Path) -> None:
    """The template inside an installed package bakes, though the package itself cannot be imported."""
    content = copy_kit(tmp_path / "site-packages", wheel=True)
    done = bake(folder, str(content / "template"))
    assert (0, "") == (done.returncode, done.stderr)
    assert "9.8.7" == settings(folder / "my-katas")["tool"]["fastapi-kata"]["kit"]


def test_from_a_relative_path_into_another_folder(folder: Path, kit: Path) -> None:
    """A relative path to the clone and a folder to write to lead to the same workspace."""
    (folder / "elsewhere").mkdir()
    done = bake(folder, f"../{kit.name}", "--directory", "template", "-o", "elsewhere")
    assert (0, "") == (done.returncode, done.stderr)
    assert "cd elsewhere" in done.stdout
    assert (folder / "elsewhere/my-katas/katas/02_routing/q011_define_routes/app.py").is_file()


def test_a_clone_with_windows_line_ends(folder: Path, kit: Path) -> None:
    """However git checked the kit out, the workspace has plain newlines."""
    for root in (kit / "template" / "{{cookiecutter.workspace_slug}}", kit / "katas"):
        for path in root.rglob("*"):
            if path.is_file():
                path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert 0 == bake(folder, str(kit), "--directory", "template").returncode
    workspace = folder / "my-katas"
    assert [] == [name for name in files_in(workspace) if b"\r" in (workspace / name).read_bytes()]


def test_a_broken_kata_is_left_out(folder: Path, kit: Path) -> None:
    """A kata that cannot be read is named, and the others are laid out."""
    (kit / "katas/02_routing/q012_path_parameters/kata.toml").write_text("level =", encoding="utf-8")
    done = bake(folder, str(kit), "--directory", "template")
    assert 0 == done.returncode
    assert "left out: " in done.stderr
    assert "q012_path_parameters" in done.stderr
    katas = katas_in(folder / "my-katas")
    assert "02_routing/q011_define_routes" in katas
    assert "02_routing/q012_path_parameters" not in katas


def test_the_kit_is_left_as_it_was(folder: Path, kit: Path) -> None:
    """Baking writes nothing into the repository but Python's caches."""
    before = files_in(kit)
    bake(folder, str(kit), "--directory", "template")
    for cache in list(kit.rglob("__pycache__")):
        shutil.rmtree(cache)
    assert before == files_in(kit)
