"""Choosing katas and laying them out, without cookiecutter."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_fastapi_kata import __version__, scaffold
from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.exceptions import KataError, WorkspaceError
from pytest_fastapi_kata.kata import LEVELS, Check, Kata, Topic

ROUTING = Topic("02_routing", "Routing", "From an address to an answer.")
MODELS = Topic("03_data_models", "Models", "First part.\n\nSecond part.")


def a_kata(root: Path, name: str, topic: Topic, level: str = "basic", **files: bytes) -> Kata:
    """Make a kata's folder with these files in its stub (an underscore stands for the dot)."""
    folder = root / topic.folder / name
    (folder / "stub").mkdir(parents=True)
    (folder / "README.md").write_bytes(f"# {name}\r\n".encode())
    for file, content in (files or {"app_py": b"app = None\n"}).items():
        (folder / "stub" / file.replace("_", ".")).write_bytes(content)
    return Kata(
        id=name[:4], slug=name, title=f"{name} | a title", question="?", level=level, topic=topic, path=folder,
        solution=folder, checks=(Check("test_it", "It"),), hints=(), docs=(),
    )  # fmt: skip


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    """Three katas in two topics; a third topic has none."""
    root = tmp_path / "kit"
    katas = [
        a_kata(root, "q011_one", ROUTING),
        a_kata(root, "q012_two", ROUTING, "advanced"),
        a_kata(root, "q021_three", MODELS, "intermediate"),
    ]
    empty = Topic("04_empty", "Empty", "Nothing yet.")
    return Catalogue(katas, {topic.folder: topic for topic in (MODELS, empty, ROUTING)})


@pytest.mark.parametrize(
    ("topics", "levels", "expected"),
    [
        ("all", "all", ["q011", "q012", "q021"]),
        ("ALL", "basic", ["q011"]),
        ("data_models, routing", "all", ["q011", "q012", "q021"]),
        ("data-models", "all", ["q021"]),
        ("03_data_models", "all", ["q021"]),
        ("3", "all", ["q021"]),
        ("02 ; 3", "advanced, intermediate", ["q012", "q021"]),
        ("routing, all", "all", ["q011", "q012", "q021"]),
    ],
)
def test_choose(catalogue: Catalogue, topics: str, levels: str, expected: list[str]) -> None:
    """Topics go by name, folder or number; the order is the catalogue's."""
    assert expected == [kata.id for kata in scaffold.choose(catalogue, topics, levels)]


@pytest.mark.parametrize(
    ("topics", "levels", "problem", "remedy"),
    [
        ("routng", "all", "there is no topic 'routng'", "Known topics: routing, data_models; or all."),
        ("empty", "all", "there is no topic 'empty'", "Known topics: routing, data_models; or all."),
        ("99", "all", "there is no topic '99'", "Known topics: routing, data_models; or all."),
        ("", "all", "no topic is named", "Say all, or some of: routing, data_models."),
        ("all", ", ", "no level is named", f"Say all, or some of: {', '.join(LEVELS)}."),
        ("all", "basic, hard", "there is no level 'hard'", f"Known levels: {', '.join(LEVELS)}; or all."),
        ("routing", "intermediate", "there is no kata of level intermediate in routing",
         "Choose more topics or levels, or all."),
    ],
)  # fmt: skip
def test_choose_refuses(catalogue: Catalogue, topics: str, levels: str, problem: str, remedy: str) -> None:
    """A wrong name, no name, and an empty choice are errors that say what there is."""
    with pytest.raises(KataError) as refused:
        scaffold.choose(catalogue, topics, levels)
    assert (problem, remedy) == (refused.value.problem, refused.value.remedy)


def test_choose_levels_puts_them_in_order() -> None:
    """Levels come from basic to advanced, each once."""
    assert ["basic", "advanced"] == scaffold.choose_levels("advanced basic Advanced")


@pytest.mark.parametrize("name", ["my-katas", "k", "Katas_2.0", "9lives", "console", "com", "x" * 100])
def test_good_names(name: str) -> None:
    """Letters, digits, and - _ . between them."""
    scaffold.check_folder_name(name)


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        ("my katas", "my-katas"), ("a/b", "a-b"), ("a\\b", "a-b"), ("", "my-katas"), (".x", "x"), ("-x", "x"),
        ("x.", "x"), ("..", "my-katas"), ("a:b", "a-b"), ("übung", "bung"), ("x\n", "x"), ("~", "my-katas"),
    ],
)  # fmt: skip
def test_bad_names(name: str, similar: str) -> None:
    """A name that would trip a shell, a system or a tool is refused, and a similar one is offered."""
    with pytest.raises(WorkspaceError, match="cannot be the folder's name") as refused:
        scaffold.check_folder_name(name)
    assert refused.value.remedy.endswith(f"such as {similar}.")


@pytest.mark.parametrize("name", ["CON", "con", "Aux.txt", "lpt1", "COM9.a.b"])
def test_windows_names(name: str) -> None:
    """Names of Windows's devices are refused everywhere: a workspace may be cloned there."""
    with pytest.raises(WorkspaceError, match="Windows keeps it for itself"):
        scaffold.check_folder_name(name)


def test_a_name_that_is_too_long() -> None:
    """Beyond 100 characters, paths become too long somewhere."""
    with pytest.raises(WorkspaceError, match="has 101 characters"):
        scaffold.check_folder_name("x" * 101)


def test_lay_out(catalogue: Catalogue, tmp_path: Path) -> None:
    """Each kata gets its instructions and stub, each topic its page."""
    workspace = tmp_path / "workspace"
    scaffold.lay_out(catalogue, workspace)
    files = sorted(path.relative_to(workspace).as_posix() for path in workspace.rglob("*") if path.is_file())
    assert [
        "katas/02_routing/README.md",
        "katas/02_routing/q011_one/README.md",
        "katas/02_routing/q011_one/app.py",
        "katas/02_routing/q012_two/README.md",
        "katas/02_routing/q012_two/app.py",
        "katas/03_data_models/README.md",
        "katas/03_data_models/q021_three/README.md",
        "katas/03_data_models/q021_three/app.py",
    ] == files


def test_lay_out_keeps_what_is_there(catalogue: Catalogue, tmp_path: Path) -> None:
    """A learner's file is never overwritten, and missing ones come back."""
    mine = tmp_path / "workspace/katas/02_routing/q011_one/app.py"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    scaffold.lay_out(catalogue, tmp_path / "workspace")
    assert "mine" == mine.read_text()
    assert (mine.parent / "README.md").is_file()


def test_texts_get_plain_newlines_and_other_files_stay(tmp_path: Path) -> None:
    """Windows line ends are made plain in texts; what is no text is copied byte for byte."""
    picture = b"\x89PNG\r\n\x1a\n\0"
    kata = a_kata(tmp_path, "q011_one", ROUTING, app_py="ü = 1\r\n".encode(), logo_png=picture, latin_txt=b"\xfc\r\n")
    scaffold.lay_out_kata(kata, tmp_path / "out")
    assert "ü = 1\n".encode() == (tmp_path / "out/app.py").read_bytes()
    readme = (tmp_path / "out/README.md").read_bytes()
    assert readme.startswith(
        b"# q011_one\n\n---\n\n- Check it, from the workspace's folder: `pytest katas/02_routing/q011_one/"
    )
    assert b"\r" not in readme
    assert picture == (tmp_path / "out/logo.png").read_bytes()
    assert b"\xfc\r\n" == (tmp_path / "out/latin.txt").read_bytes()


def test_a_kata_with_a_configuration_names_the_workspaces(tmp_path: Path) -> None:
    """Where the learner writes pytest.ini, the command says which configuration counts; elsewhere it need not."""
    kata = a_kata(tmp_path, "q011_one", ROUTING)
    own = replace(kata, entry="pytest.ini")
    assert "pytest -c pyproject.toml katas/02_routing/q011_one/pytest.ini" == scaffold.check_command(own)
    assert (["-c", "pyproject.toml"], []) == tuple(map(scaffold.configuration_options, (own, kata)))
    assert f"pytest katas/02_routing/q011_one/{kata.entry}" == scaffold.check_command(kata)


def test_topic_page(catalogue: Catalogue) -> None:
    """The page of a topic has its title, its arc, and a table with links and levels."""
    page = scaffold.topic_page(MODELS, catalogue.katas[2:])
    assert (
        "# Models\n\nFirst part.\n\nSecond part.\n\n| Kata | Level |\n|---|---|\n"
        "| [q021 · q021_three \\| a title](q021_three/README.md) | intermediate |\n"
    ) == page


def test_topic_page_wraps_the_arc() -> None:
    """A long arc is broken into lines, between words."""
    page = scaffold.topic_page(Topic("01_x", "X", "half-truth " * 40), [])
    assert 120 > max(len(line) for line in page.splitlines())
    assert "half-\n" not in page


def test_write_manifest(tmp_path: Path) -> None:
    """The manifest has the stub's texts, other files as base64, and replaces an older one."""
    kata = a_kata(tmp_path, "q011_one", ROUTING, app_py="ü\r\n".encode(), logo_png=b"\0\1")
    old = tmp_path / "workspace/.kata/stubs.json"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    scaffold.write_manifest([kata], tmp_path / "workspace")
    manifest = json.loads(old.read_text("utf-8"))
    assert {"format_version": 1, "kit": __version__} == {key: manifest[key] for key in ("format_version", "kit")}
    entry = manifest["katas"]["q011"]
    assert "02_routing/q011_one" == entry["folder"]
    assert {"app.py": "ü\n", "logo.png": {"base64": base64.b64encode(b"\0\1").decode()}} == entry["files"]
    assert [old] == list(old.parent.iterdir())


def test_the_requirement_is_compatible(monkeypatch: pytest.MonkeyPatch) -> None:
    """A workspace takes later versions that fit; a local build's suffix, which ~= does not allow, is left out."""
    assert f"pytest-fastapi-kata[katas]~={__version__}" == scaffold.requirement()
    monkeypatch.setattr(scaffold, "__version__", "1.2.3+local.1")
    assert "pytest-fastapi-kata[katas]~=1.2.3" == scaffold.requirement()


def test_next_steps() -> None:
    """The commands fit the package manager and the system, and a folder with blanks is quoted."""
    assert ["cd k", "uv sync", "uv run pytest --kata-progress"] == scaffold.next_steps("k", "uv", windows=False)
    posix = scaffold.next_steps("/tmp/a b/k", "pip", windows=False)
    assert ['cd "/tmp/a b/k"', "python3 -m venv .venv", ". .venv/bin/activate"] == posix[:3]
    windows = scaffold.next_steps(r"C:\k", "pip", windows=True)
    assert [r"cd C:\k", "py -m venv .venv", r".venv\Scripts\activate"] == windows[:3]
    assert ["python -m pip install -r requirements.txt", "pytest --kata-progress"] == windows[3:] == posix[3:]
