"""Bad files and folders: a clear message for the one kata, the others unaffected, nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import WorkspaceFolder, squeezed

SOLVED = "solution"


def both(workspace: WorkspaceFolder) -> tuple[str, str]:
    """Run, and return the status of q901 and what was printed; q902 must come out solved."""
    workspace.add("q902", SOLVED)
    report = workspace.run_json("--kata-progress")
    assert "solved" == report["katas"][-1]["status"]
    return report["katas"][0]["status"], squeezed(workspace.result)


def test_a_deleted_app_py(workspace: WorkspaceFolder) -> None:
    """The kata is broken, and the remedy is named."""
    workspace.add("q901").unlink()
    status, text = both(workspace)
    assert "broken" == status
    assert "app.py is missing" in text
    assert "`fastapi-kata reset`" in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "app.py is empty"),
        (b"  \n\n", "app.py is empty"),
        (b"\x7fELF\x00\x01\x02", "it holds binary data"),
        ("# -*- coding: utf-8 -*-\nx = 'é'\n".encode("latin-1"), "not text in the encoding that it claims"),
        ("x = 'é'\n".encode("latin-1"), "not text in the encoding that it claims"),
        (b"# -*- coding: martian -*-\n", "not text in the encoding that it claims"),
        (b"x = 1\n", "app.py has no `app`; it has `x`"),
        (b"from fastapi import FastAPI\nmain = FastAPI()\n", "app.py has no `app`; it has `main`"),
        (b"import os\n", "app.py has no `app`; it defines nothing"),
        (b"app = {}\n", "`app` in app.py is a dict, not a FastAPI application"),
        (b"from fastapi import FastAPI\napp = FastAPI\n", "is the class FastAPI, not a FastAPI application"),
        (b"from fastapi import APIRouter\napp = APIRouter()\n", "is an APIRouter, not a FastAPI application"),
        (b"import no_such_module\n", "ModuleNotFoundError: No module named 'no_such_module'"),
        (b"def broken(:\n", "SyntaxError: invalid syntax"),
        (b"\tx = 1\n", "IndentationError"),
    ],
)
def test_an_app_py_that_cannot_be_used(workspace: WorkspaceFolder, content: bytes, message: str) -> None:
    """The message says what was found."""
    workspace.add("q901").write_bytes(content)
    status, text = both(workspace)
    assert "broken" == status
    assert message in text


def test_a_utf8_mark_and_other_declared_encodings_are_fine(workspace: WorkspaceFolder) -> None:
    """What Python itself accepts is accepted."""
    source = workspace.kata("q901").solution.joinpath("app.py").read_text()
    workspace.add("q901").write_bytes(b"\xef\xbb\xbf" + source.encode())
    assert "solved" == both(workspace)[0]
    workspace.add("q901").write_bytes(f"# coding: latin-1\nX = 'é'\n{source}".encode("latin-1"))
    assert "solved" == both(workspace)[0]


def test_a_folder_in_place_of_app_py(workspace: WorkspaceFolder) -> None:
    """A directory is named as such."""
    file = workspace.add("q901")
    file.unlink()
    file.mkdir()
    status, text = both(workspace)
    assert ("broken", True) == (status, "app.py is a folder, not a file" in text)


def test_a_dangling_link(workspace: WorkspaceFolder) -> None:
    """A link without a target is named as such."""
    file = workspace.add("q901")
    file.unlink()
    file.symlink_to(workspace.root / "gone.py")
    status, text = both(workspace)
    assert ("broken", True) == (status, "app.py is a link that leads nowhere" in text)


def test_a_broken_kata_toml_keeps_the_others_running(workspace: WorkspaceFolder) -> None:
    """File, key and remedy of each problem are told."""
    workspace.change_kata("q901", 'level = "basic"', 'level = "easy"')
    workspace.change_kata("q901", "timeout = 60", "timeout = -1")
    workspace.add("q901", SOLVED)
    workspace.add("q902", SOLVED)
    result = workspace.run("--kata-progress")
    result.assert_outcomes(passed=2)
    text = squeezed(result)
    assert "kata.toml: level: 'easy' is not known (one of: basic, intermediate, advanced)" in text
    assert "kata.toml: timeout: must be a number of seconds above 0, not -1" in text


def test_two_katas_of_one_id(workspace: WorkspaceFolder) -> None:
    """The first one counts, the second is named."""
    workspace.change_kata("q902", "q902_counter", "q901_zebra")
    workspace.change_kata("q902", '"q902"', '"q901"')
    folder = workspace.pack / "katas/90_tiny/q902_counter"
    folder.rename(folder.with_name("q901_zebra"))
    workspace.add("q901", SOLVED)
    result = workspace.run("--kata-progress")
    result.assert_outcomes(passed=3)
    assert "'q901' is the id of" in squeezed(result)


def test_an_unknown_path_on_the_command_line(workspace: WorkspaceFolder) -> None:
    """Pytest names the path, as for any file."""
    workspace.add("q901")
    result = workspace.run("katas/90_tiny/q999_nothing/app.py")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["*file or directory not found: katas/90_tiny/q999_nothing/app.py*"])


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ('format_version = 2\nkit = "9.0"', "made by a newer kit (9.0)"),
        ('kit = "0.1.0"', "needs format_version (a number) and kit (a version)"),
        ("format_version = 1\nkit = 3", "needs format_version (a number) and kit (a version)"),
        ("format_version = ", "cannot be read"),
    ],
)
def test_a_workspace_section_that_is_of_no_use(workspace: WorkspaceFolder, section: str, message: str) -> None:
    """A usage error with file and remedy; no traceback."""
    workspace.write("pyproject.toml", f"[tool.fastapi-kata]\n{section}\n")
    result = workspace.run("-c", os.devnull, "--rootdir=.")
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    text = " ".join(result.stderr.str().split())
    assert message in text
    assert "Traceback" not in text


def test_a_workspace_of_another_kit_version_works_and_is_named(workspace: WorkspaceFolder) -> None:
    """An older kit's workspace runs; the header says with which version it was made."""
    file = workspace.root / "pyproject.toml"
    file.write_text(file.read_text().replace('kit = "0.1.0"', 'kit = "0.0.3"'))
    workspace.add("q901", SOLVED)
    result = workspace.run("--kata-progress")
    assert 0 == result.ret
    result.stdout.fnmatch_lines(["*workspace made with kit 0.0.3*"])


def test_a_stub_that_a_newer_kit_improved_is_still_untouched(workspace: WorkspaceFolder) -> None:
    """The stub that the workspace was made from counts as well as today's."""
    old = "# an older stub\n"
    workspace.add("q901", old)
    workspace.write(
        ".kata/stubs.json",
        json.dumps({"format_version": 1, "kit": "0.0.3", "katas": {"q901": {"files": {"app.py": old}}}}),
    )
    assert {"q901": "not_started"} == workspace.statuses("--kata-progress")


@pytest.mark.parametrize(
    "content", ['{"format_version": 1, "katas": {"q9', "[]", '{"katas": 3}', "", "\x00\x01"], ids=repr
)
def test_a_broken_record_is_set_aside(workspace: WorkspaceFolder, content: str) -> None:
    """Nothing is lost: the old file is kept under another name, a new one begun, and both are said."""
    record = workspace.write(".kata/progress.json", content)
    workspace.add("q901", SOLVED)
    result = workspace.run("--kata-progress")
    assert 0 == result.ret
    assert content == record.with_name("progress.json.broken-1").read_text()
    assert "solved_at" in workspace.progress["katas"]["q901"]
    assert "It was kept as progress.json.broken-1, and a new one begun." in squeezed(result)


def test_a_record_of_a_newer_kit_is_left_alone(workspace: WorkspaceFolder) -> None:
    """It is not written to, and that is said."""
    content = '{"format_version": 99, "katas": {"q901": {"x": 1}}}'
    record = workspace.write(".kata/progress.json", content)
    workspace.add("q901", SOLVED)
    result = workspace.run("--kata-progress")
    assert 0 == result.ret
    assert content == record.read_text()
    assert "progress.json was written by a newer kit and was left alone" in squeezed(result)


def test_what_others_wrote_into_the_record_stays(workspace: WorkspaceFolder) -> None:
    """Unknown katas and keys survive."""
    workspace.write(
        ".kata/progress.json", '{"format_version": 1, "mine": 2, "katas": {"z1": {"a": 1}, "q901": {"hints": 2}}}'
    )
    workspace.add("q901", SOLVED)
    workspace.run("--kata-progress")
    progress = workspace.progress
    assert (2, {"a": 1}, 2) == (progress["mine"], progress["katas"]["z1"], progress["katas"]["q901"]["hints"])


@pytest.mark.parametrize("content", ["{", "[]", '{"katas": {"q901": {"key": 1}}}', '{"katas": {"q901": []}}'], ids=repr)
def test_a_broken_cache_costs_a_run_and_no_more(workspace: WorkspaceFolder, content: str) -> None:
    """The kata runs again."""
    workspace.add("q901", SOLVED)
    workspace.write(".kata/cache/results.json", content)
    result = workspace.run("--kata-progress")
    result.assert_outcomes(passed=3)
    assert 0 == result.ret


def test_two_runs_at_once_lose_nothing(workspace: WorkspaceFolder) -> None:
    """Two processes record different katas in one file."""
    workspace.add("q901", SOLVED)
    workspace.add("q902", SOLVED)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly"]
    runs = [
        subprocess.Popen([*command, workspace.entry(name)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        for name in ("q901", "q902")
    ]
    outputs = [run.communicate()[0] for run in runs]
    assert [0, 0] == [run.returncode for run in runs], outputs
    assert {"q901", "q902"} == set(workspace.progress["katas"])


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_record_that_cannot_be_written_is_said(workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read-only workspace: the verdict stands, the record does not, and the note says so."""
    workspace.add("q901", SOLVED)
    workspace.write(".kata", "a file where the folder should be")
    result = workspace.run("--kata-progress")
    assert 0 == result.ret
    assert "so this run was not recorded" in squeezed(result)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kata-isolation=prison"], "invalid choice: 'prison'"),
        (["--kata-seed=lucky"], "invalid int value: 'lucky'"),
        (["-o", "kata_isolation=prison"], "kata_isolation must be one of auto, fork, spawn, none, not 'prison'"),
        (["-o", "kata_seed=lucky"], "kata_seed must be a whole number, not 'lucky'"),
    ],
)
def test_options_of_no_use_are_refused(workspace: WorkspaceFolder, arguments: list[str], message: str) -> None:
    """A usage error names value and choices."""
    result = workspace.run(*arguments)
    assert pytest.ExitCode.USAGE_ERROR == result.ret
    assert message in " ".join(result.stderr.str().split())
