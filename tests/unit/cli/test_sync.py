"""``fastapi-kata sync``, with git itself where git is meant."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.conftest import Command, Desk
from tests.unit.test_recordmerge import SOLVED, conflicting, record

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def the_record(desk: Desk) -> dict[str, Any]:
    """Return the workspace's record."""
    found: dict[str, Any] = json.loads((desk.root / ".kata/progress.json").read_text("utf-8"))
    return found


def test_the_record_of_another_machine(command: Command, desk: Desk, tmp_path: Path) -> None:
    """Is taken in, and may be taken in again."""
    desk.write(".kata/progress.json", json.dumps(record(q901={"attempts": 2})))
    other = tmp_path / "progress.json"
    other.write_text(json.dumps(record(q901=SOLVED, q902={"hints": 1})), "utf-8")
    told = command("sync", other)
    assert (0, "1 solved, 1 of them new here.\n") == (told.code, told.out)
    assert record(q901=SOLVED, q902={"hints": 1}) == the_record(desk)
    assert "1 solved, 0 of them new here.\n" == command("sync", other).out


def test_a_conflict_that_git_left(command: Command, desk: Desk) -> None:
    """Is mended, and said; nothing is set aside."""
    desk.write(".kata/progress.json", conflicting(with_base=True))
    told = command("sync")
    assert ["progress.json has a merge conflict in it; both sides of it count.", "0 solved, 0 of them new here."] == (
        told.out.splitlines()
    )
    assert record(q1={"attempts": 4}) == the_record(desk)
    assert ["progress.json"] == [path.name for path in (desk.root / ".kata").iterdir() if path.is_file()]


@pytest.mark.parametrize(("content", "message"), [
    (None, "cannot be read: No such file or directory"),
    (b"\xff", "cannot be read: "),
    (b"[]", "is not a record of progress"),
    (b'{"katas": {}, "format_version": 99}', "was written by a newer kit"),
])  # fmt: skip
def test_what_is_no_record(command: Command, desk: Desk, tmp_path: Path, content: bytes | None, message: str) -> None:
    """It is said, with what to give instead; the workspace's own stays as it is."""
    file = tmp_path / "other.json"
    if content is not None:
        file.write_bytes(content)
    told = command("sync", file)
    assert (2, True, False) == (told.code, message in told.err, (desk.root / ".kata/progress.json").exists())


def git(folder: Path, *arguments: str) -> str:
    """Run git, without what the machine has set."""
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    done = subprocess.run(["git", *names, *arguments], cwd=folder, capture_output=True, text=True, env=environment)  # noqa: PLW1510
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@needs_git
def test_git_merges_by_itself(command: Command, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two machines commit their records; the merge is one of both, without a conflict."""
    # The command that git is told of stands on the PATH.
    script = tmp_path / "bin/fastapi-kata"
    script.parent.mkdir()
    script.write_text(
        f"#!/bin/sh\nexec {sys.executable} -c 'from pytest_fastapi_kata.cli import main; main()' \"$@\"\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)
    git(desk.root, "init", "-q", "-b", "main")
    told = command("sync", "--install")
    assert (0, "git merges your progress by itself now, in this clone. Commit .gitattributes.\n") == (
        told.code,
        told.out,
    )
    desk.write(".kata/progress.json", json.dumps(record(q901={"attempts": 1}), indent=2))
    git(desk.root, "add", ".")
    git(desk.root, "commit", "-qm", "base")
    git(desk.root, "checkout", "-qb", "laptop")
    desk.write(".kata/progress.json", json.dumps(record(q901=SOLVED), indent=2))
    git(desk.root, "commit", "-qam", "laptop")
    git(desk.root, "checkout", "-q", "main")
    desk.write(".kata/progress.json", json.dumps(record(q901={"attempts": 4}, q902={"hints": 2}), indent=2))
    git(desk.root, "commit", "-qam", "desk")
    git(desk.root, "merge", "-q", "laptop", "-m", "both")
    assert record(q901=SOLVED | {"attempts": 6}, q902={"hints": 2}) == the_record(desk)


@needs_git
def test_setting_git_up_twice(command: Command, desk: Desk) -> None:
    """What .gitattributes says is kept, and nothing is added twice."""
    git(desk.root, "init", "-q")
    desk.write(".gitattributes", "*.py text")
    for _ in range(2):
        assert 0 == command("sync", "--install").code
    assert ["*.py text", ".kata/progress.json merge=fastapi-kata", ".kata/interview.json merge=fastapi-kata"] == (
        (desk.root / ".gitattributes").read_text("utf-8").splitlines()
    )


@needs_git
def test_without_a_repository(command: Command, desk: Desk) -> None:
    """It is said how to make one."""
    told = command("sync", "--install")
    assert (2, True) == (told.code, f"git -C {desk.root} init" in told.err)


def test_without_git(command: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is another way."""
    monkeypatch.setenv("PATH", "")
    told = command("sync", "--install")
    assert (2, True) == (told.code, "fastapi-kata sync FILE" in told.err)
