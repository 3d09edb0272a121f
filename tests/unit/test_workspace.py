"""The learner's folder: how it is recognised, and what counts as touched."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata import __version__
from pytest_fastapi_kata.exceptions import WorkspaceError
from pytest_fastapi_kata.kata import Kata
from pytest_fastapi_kata.workspace import Workspace, find_workspace, is_workspace, learner_files, read_workspace
from tests.unit.conftest import Desk

SECTION = '[tool.fastapi-kata]\nformat_version = 1\nkit = "0.0.3"\n'


def write_section(root: Path, text: str = SECTION) -> Path:
    """Make a folder with this pyproject.toml."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "pyproject.toml").write_text(text, "utf-8")
    return root


def test_is_workspace(tmp_path: Path) -> None:
    """The marker section makes it one; another pyproject.toml, a folder of that name, or none does not."""
    assert is_workspace(write_section(tmp_path / "mine"))
    assert is_workspace(write_section(tmp_path / "windows", SECTION.replace("\n", "\r\n")))
    assert not is_workspace(write_section(tmp_path / "other", "[tool.pytest]\n"))
    (tmp_path / "odd/pyproject.toml").mkdir(parents=True)
    assert not is_workspace(tmp_path / "odd")
    assert not is_workspace(tmp_path)


def test_read_workspace(tmp_path: Path) -> None:
    """Its folders and files lie where the learner finds them."""
    workspace = read_workspace(write_section(tmp_path))
    assert (tmp_path, "0.0.3") == (workspace.root, workspace.kit)
    assert (tmp_path / "katas", tmp_path / ".kata") == (workspace.katas_root, workspace.record)


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("[tool.fastapi-kata\n", "cannot be read: ", "Repair the file"),
        ("[tool.pytest]\n", "has no section [tool.fastapi-kata]", "fastapi-kata new my-katas"),
        ("", "has no section [tool.fastapi-kata]", "fastapi-kata new my-katas"),
        ("[tool]\nfastapi-kata = 3\n", "has no section [tool.fastapi-kata]", "fastapi-kata new my-katas"),
        ("tool = 3\n", "has no section [tool.fastapi-kata]", "fastapi-kata new my-katas"),
        ("[[tool]]\n", "has no section [tool.fastapi-kata]", "fastapi-kata new my-katas"),
        (SECTION.replace("1", '"1"'), "needs format_version (a number) and kit (a version)", "format_version = 1"),
        (SECTION.replace('"0.0.3"', "3"), "needs format_version (a number) and kit (a version)", __version__),
        ("[tool.fastapi-kata]\n", "needs format_version (a number) and kit (a version)", __version__),
        (SECTION.replace("1", "2"), f"by a newer kit (0.0.3), and {__version__} is installed", "pip install --upgrade"),
        ("[tool.fastapi-kata]\nformat_version = 2\n", "by a newer kit (unknown)", "pip install --upgrade"),
    ],
)  # fmt: skip
def test_a_section_of_no_use(tmp_path: Path, text: str, problem: str, remedy: str) -> None:
    """What is wrong and what to do about it are said."""
    with pytest.raises(WorkspaceError) as error:
        read_workspace(write_section(tmp_path, text))
    assert problem in error.value.problem
    assert remedy in error.value.remedy


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """The file is named."""
    (tmp_path / "pyproject.toml").write_bytes(SECTION.encode() + b"# \xff\n")
    with pytest.raises(WorkspaceError, match="cannot be read") as error:
        read_workspace(tmp_path)
    assert str(tmp_path / "pyproject.toml") in error.value.problem


def test_find_workspace(tmp_path: Path) -> None:
    """The nearest one counts, from its own folder and from any below it."""
    write_section(tmp_path)
    inner = write_section(tmp_path / "a/b", SECTION.replace("0.0.3", "0.0.4"))
    (inner / "katas/02_routing").mkdir(parents=True)
    assert Workspace(inner, "0.0.4") == find_workspace(inner / "katas/02_routing")
    assert Workspace(inner, "0.0.4") == find_workspace(inner)
    assert Workspace(tmp_path, "0.0.3") == find_workspace(tmp_path / "a")


def test_no_workspace_around(tmp_path: Path) -> None:
    """The folder is named, with what to do instead."""
    with pytest.raises(WorkspaceError, match="is not in a workspace") as error:
        find_workspace(tmp_path)
    assert str(tmp_path) in error.value.problem
    assert "fastapi-kata new my-katas" in error.value.remedy


def test_places_of_a_kata(desk: Desk) -> None:
    """Folder and entry are those of the topic and slug."""
    kata = desk.kata("q901")
    assert desk.root / "katas/90_tiny/q901_greeting" == desk.workspace.folder(kata)
    assert desk.root / "katas/90_tiny/q901_greeting/app.py" == desk.workspace.entry(kata)


def test_a_fresh_kata_is_untouched(desk: Desk) -> None:
    """Its README and what tools leave behind say nothing about it."""
    folder = desk.workspace.folder(desk.kata("q901"))
    (folder / "README.md").write_text("my notes", "utf-8")
    for name in (
        "__pycache__/app.cpython-311.pyc", ".ruff_cache/x", ".venv/lib/x.py", "venv/x.py", "env/pyvenv.cfg", "env/x.py",
        "node_modules/x.js", "app.pyc", "app.pyo",
    ):  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert "untouched" == desk.workspace.state(desk.kata("q901"))


@pytest.mark.parametrize("change", ["app = 1\n", ""])
def test_a_changed_file_starts_a_kata(desk: Desk, change: str) -> None:
    """Also one that was emptied."""
    desk.entry("q901").write_text(change, "utf-8")
    assert "started" == desk.workspace.state(desk.kata("q901"))
    assert "untouched" == desk.workspace.state(desk.kata("q902"))


@pytest.mark.parametrize("name", ["other.py", "package/module.py", "docs/README.md", ".env"])
def test_a_file_more_starts_a_kata(desk: Desk, name: str) -> None:
    """Whatever it is called, if it is the learner's."""
    file = desk.entry("q901").parent / name
    file.parent.mkdir(exist_ok=True)
    file.touch()
    assert "started" == desk.workspace.state(desk.kata("q901"))


def test_a_file_less_starts_a_kata(desk: Desk) -> None:
    """So do a folder and a dangling link in its place; nothing of this is an error."""
    entry = desk.entry("q901")
    entry.unlink()
    assert "started" == desk.workspace.state(desk.kata("q901"))
    entry.mkdir()
    assert "started" == desk.workspace.state(desk.kata("q901"))
    entry.rmdir()
    entry.symlink_to("gone.py")
    assert "started" == desk.workspace.state(desk.kata("q901"))


def test_a_kata_that_is_not_here(desk: Desk) -> None:
    """A file in place of its folder is as good as nothing."""
    folder = desk.workspace.folder(desk.kata("q901"))
    folder.rename(folder.with_name("elsewhere"))
    assert "absent" == desk.workspace.state(desk.kata("q901"))
    folder.touch()
    assert "absent" == desk.workspace.state(desk.kata("q901"))


def test_other_line_ends_are_no_change(desk: Desk) -> None:
    """Git or an editor made them; a change beside them still is one."""
    entry = desk.entry("q901")
    before = desk.workspace.digest(desk.kata("q901"))
    entry.write_bytes(entry.read_bytes().replace(b"\n", b"\r\n"))
    assert "untouched" == desk.workspace.state(desk.kata("q901"))
    assert before == desk.workspace.digest(desk.kata("q901"))
    entry.write_bytes(entry.read_bytes() + b"\r\n# mine\r\n")
    assert "started" == desk.workspace.state(desk.kata("q901"))


def remember_stub(desk: Desk, files: Any) -> Kata:
    """Write the record of the stub that q901 was made from."""
    desk.write(".kata/stubs.json", json.dumps({"katas": {"q901": {"files": files}}}))
    return desk.kata("q901")


@pytest.mark.parametrize("stored", ["# an old stub\n", "# an old stub\r\n", {"base64": "IyBhbiBvbGQgc3R1Ygo="}])
def test_a_stub_of_an_older_kit_is_untouched(desk: Desk, stored: Any) -> None:
    """The one that the workspace was made from counts as well as today's."""
    kata = remember_stub(desk, {"app.py": stored})
    assert "untouched" == desk.workspace.state(kata)
    desk.entry("q901").write_bytes(b"# an old stub\r\n")
    assert "untouched" == desk.workspace.state(kata)
    desk.entry("q901").write_bytes(b"# another stub\n")
    assert "started" == desk.workspace.state(kata)


def test_a_remembered_file_that_is_no_text(desk: Desk) -> None:
    """Its bytes are compared."""
    picture = b"\x89PNG\0"
    kata = remember_stub(desk, {"a.png": {"base64": base64.b64encode(picture).decode()}})
    desk.entry("q901").rename(desk.entry("q901").with_name("a.png"))
    desk.entry("q901").with_name("a.png").write_bytes(picture)
    assert "untouched" == desk.workspace.state(kata)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{", '{"katas": 3}', '{"katas": {"q901": 3}}', '{"katas": {"q901": {"files": 3}}}',
        '{"katas": {"q901": {"files": {"app.py": 3}}}}', '{"katas": {"q901": {"files": {"app.py": {"base64": "?"}}}}}',
        '{"katas": {"q901": {"files": {"app.py": "\\ud800"}}}}',
    ],
)  # fmt: skip
def test_a_record_of_stubs_that_is_of_no_use(desk: Desk, text: str) -> None:
    """Today's stub is known without it."""
    desk.write(".kata/stubs.json", text)
    assert "untouched" == desk.workspace.state(desk.kata("q901"))
    desk.entry("q901").write_text("# changed\n", "utf-8")
    assert "started" == Workspace(desk.root, "").state(desk.kata("q901"))


def test_learner_files_come_in_one_order(tmp_path: Path) -> None:
    """Files of a folder before those of its folders, each by name."""
    for name in ("b.py", "a.py", "z/a.py", "c/a.py", "README.md", "c/README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert ["a.py", "b.py", "c/README.md", "c/a.py", "z/a.py"] == [
        path.relative_to(tmp_path).as_posix() for path in learner_files(tmp_path)
    ]


def test_the_digest_follows_names_and_contents(desk: Desk) -> None:
    """It is the same for the same files, and each change gives another one."""
    kata, entry = desk.kata("q901"), desk.entry("q901")
    seen = [desk.workspace.digest(kata)]
    assert seen[0] == desk.workspace.digest(kata)
    entry.write_text("app = 1\n", "utf-8")
    seen.append(desk.workspace.digest(kata))
    other = entry.with_name("other.py")
    other.write_text("x", "utf-8")
    seen.append(desk.workspace.digest(kata))
    other.rename(entry.with_name("renamed.py"))
    seen.append(desk.workspace.digest(kata))
    entry.with_name("renamed.py").unlink()
    entry.with_name("renamed.py").symlink_to("gone")
    seen.append(desk.workspace.digest(kata))
    assert len(seen) == len(set(seen))


def test_a_large_file_is_not_read(desk: Desk) -> None:
    """Its size and time have to do; a learner's database must not slow down each run."""
    kata = desk.kata("q901")
    large = desk.entry("q901").with_name("data.db")
    large.write_bytes(b"a" * 2_000_001)
    os.utime(large, (1, 1))
    before = desk.workspace.digest(kata)
    large.write_bytes(b"b" * 2_000_001)
    os.utime(large, (1, 1))
    assert before == desk.workspace.digest(kata)
    os.utime(large, (2, 2))
    assert before != desk.workspace.digest(kata)


@pytest.mark.skipif(os.name == "nt", reason="needs file names of bytes")
def test_a_file_name_that_is_no_unicode(desk: Desk) -> None:
    """It came from an old archive, say; it is the learner's file like any other."""
    try:
        Path(os.fsdecode(os.fsencode(desk.entry("q901").parent) + b"/caf\xe9.txt")).touch()
    except OSError:
        pytest.skip("this file system wants Unicode")
    assert "started" == desk.workspace.state(desk.kata("q901"))
    assert desk.workspace.digest(desk.kata("q901"))
