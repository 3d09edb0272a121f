"""An update of a workspace in which something was solved, by the command itself."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import WorkspaceFolder

COMMAND = [sys.executable, "-c", "from pytest_fastapi_kata.cli import main; main()"]


def fastapi_kata(workspace: WorkspaceFolder, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in the workspace."""
    return subprocess.run([*COMMAND, *arguments], cwd=workspace.root, capture_output=True, text=True, check=False)


def test_what_was_solved_against_older_checks_is_checked_again(workspace: WorkspaceFolder) -> None:
    """It stays solved meanwhile, with a note; then the record names the new checks."""
    workspace.add("q901", "solution")
    workspace.add("q902")
    assert {"q901": "solved", "q902": "not_started"} == workspace.statuses("--kata-progress")
    before = workspace.progress["katas"]["q901"]["checks"]
    checks = workspace.pack / "katas" / workspace.kata("q901").folder / "acceptance.py"
    checks.write_text(checks.read_text("utf-8") + "\n# Improved.\n", "utf-8")
    listed = fastapi_kata(workspace, "list").stdout
    assert "q901  basic        A greeting  (solved against an older version)" in listed
    done = fastapi_kata(workspace, "update")
    assert "Solved against an older version: q901" in done.stdout
    assert (0, "") == (done.returncode, done.stderr)
    assert before != workspace.progress["katas"]["q901"]["checks"]
    assert "older" not in fastapi_kata(workspace, "list").stdout


def test_what_no_longer_holds_is_explained(workspace: WorkspaceFolder) -> None:
    """As in any other run; the exit code says so."""
    workspace.add("q901", "solution")
    workspace.statuses("--kata-progress")
    checks = workspace.pack / "katas" / workspace.kata("q901").folder / "acceptance.py"
    text = checks.read_text("utf-8")
    checks.write_text(text.replace("assert ", "assert 1 == 2 and ", 1), "utf-8")
    done = fastapi_kata(workspace, "update")
    assert (1, True) == (done.returncode, "failed" in done.stdout)
    assert "solved_at" in workspace.progress["katas"]["q901"]
