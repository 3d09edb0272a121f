"""``fastapi-kata check``: pytest on one kata, with an exit code that says whether it is solved."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.conftest import WorkspaceFolder


def check(workspace: WorkspaceFolder, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as a learner does."""
    command = [sys.executable, "-P", "-c", "from pytest_fastapi_kata.cli import main; main()", "check", *arguments]
    return subprocess.run(command, cwd=workspace.root, capture_output=True, text=True, check=False, env={**os.environ})


def test_a_solved_kata_is_0_and_another_1(workspace: WorkspaceFolder) -> None:
    """The checks of that kata alone are run, and explained."""
    workspace.add("q901", "solution")
    workspace.add("q902", "from fastapi import FastAPI\n\napp = FastAPI()\n")
    solved, failing = check(workspace, "q901"), check(workspace, "q902")
    assert [0, 1] == [solved.returncode, failing.returncode]
    assert "pytest katas/90_tiny/q901_greeting/app.py\n" in solved.stdout
    assert "3 passed" in solved.stdout
    assert "came back   404 Not Found" in failing.stdout


def test_as_json_there_is_nothing_else(workspace: WorkspaceFolder) -> None:
    """The entry of that kata from the report, with the exit code of its status."""
    workspace.add("q901", "solution")
    done = check(workspace, "q901", "--json")
    assert (0, "q901", "solved") == (done.returncode, *(json.loads(done.stdout)[key] for key in ("id", "status")))
