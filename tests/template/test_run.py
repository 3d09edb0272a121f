"""A baked workspace is run: fresh, filled with solutions, and with one mistake in it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata.catalogue import Catalogue
from pytest_fastapi_kata.kata import Kata, read_near_misses
from pytest_fastapi_kata.verify.candidates import lay_out_near_miss, lay_out_solution
from tests.template.baking import CLONE, bake, run

TOPIC = "routing"


@pytest.fixture
def workspace(folder: Path) -> Path:
    """A fresh workspace with one topic."""
    done = bake(folder, *CLONE, f"topics={TOPIC}")
    assert 0 == done.returncode, done.stderr
    return folder / "my-katas"


def progress(workspace: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Run the progress, as the workspace's README says, and return it with the JSON report."""
    command = [sys.executable, "-m", "pytest", "--kata-progress", "--kata-json=../report.json", "-p", "no:randomly"]
    done = run(workspace, [*command, *arguments])
    report: dict[str, Any] = json.loads((workspace.parent / "report.json").read_text("utf-8"))
    return done, report


def fill(workspace: Path, kata: Kata, source: Path) -> None:
    """Put files of a laid-out candidate in the place of the learner's."""
    target = workspace / "katas" / kata.topic.folder / kata.slug
    shutil.copytree(source, target, dirs_exist_ok=True)


def test_a_fresh_workspace_says_where_to_begin(workspace: Path) -> None:
    """Exit code 0, nothing solved, no failure, and the first kata with its path."""
    done, report = progress(workspace)
    assert 0 == done.returncode, done.stdout
    assert {"not_started"} == {kata["status"] for kata in report["katas"]}
    assert "Next: q011" in done.stdout
    assert "katas/02_routing/q011_define_routes/app.py" in done.stdout
    assert "FAIL" not in done.stdout
    assert not done.stderr


def test_a_workspace_of_solutions_is_solved(workspace: Path, own: Catalogue, tmp_path: Path) -> None:
    """10 of 10, exit code 0; afterwards all of it comes from the cache."""
    katas = [kata for kata in own if kata.topic.name == TOPIC]
    for kata in katas:
        fill(workspace, kata, lay_out_solution(kata, tmp_path / "solutions" / kata.id).folder)
    done, report = progress(workspace)
    assert {kata.id: "solved" for kata in katas} == {kata["id"]: kata["status"] for kata in report["katas"]}
    assert 0 == done.returncode
    assert "All solved." in done.stdout
    again, report = progress(workspace)
    assert 0 == again.returncode
    assert all(kata["cached"] for kata in report["katas"])


def test_a_mistake_costs_its_kata_alone(workspace: Path, own: Catalogue, tmp_path: Path) -> None:
    """With a near miss in one kata, that one is failing, for the reason that is told; the other is solved."""
    wrong, right = own.find("q011"), own.find("q018")
    miss = next(miss for miss in read_near_misses(wrong, []) if miss.name == "code_first")
    fill(workspace, wrong, lay_out_near_miss(wrong, miss, tmp_path / "wrong").folder)
    fill(workspace, right, lay_out_solution(right, tmp_path / "right").folder)
    done, report = progress(workspace)
    statuses = {kata["id"]: kata["status"] for kata in report["katas"]}
    assert ("failing", "solved") == (statuses["q011"], statuses["q018"])
    assert {"not_started"} == {status for name, status in statuses.items() if name not in ("q011", "q018")}
    assert 1 == done.returncode
    assert "A likely cause" in done.stdout
    kata = next(kata for kata in report["katas"] if kata["id"] == "q011")
    assert miss.why == kata["likely_cause"]


def test_the_commands_work_in_it(workspace: Path) -> None:
    """next, list, hint and reset find the workspace from a folder below it."""
    below = workspace / "katas" / "02_routing" / "q012_path_parameters"
    command = [sys.executable, "-c", "from pytest_fastapi_kata.cli import main; main()"]

    def said(*arguments: str) -> str:
        done = run(below, [*command, *arguments])
        assert 0 == done.returncode, done.stderr
        return done.stdout

    assert "q011" in said("next")
    assert "0 of 10 solved" in said("list")
    assert "Hint 1 of 3" in said("hint")
    assert "Hint 2 of 3" in said("hint")
    (below / "app.py").write_text("mine = 1\n")
    assert "What you had is kept in" in said("reset", "q012")
    assert "mine" not in (below / "app.py").read_text()
    assert ["mine = 1\n"] == [path.read_text() for path in (workspace / ".kata/backups").rglob("app.py")]
    assert 2 == json.loads((workspace / ".kata/progress.json").read_text())["katas"]["q012"]["hints"]
