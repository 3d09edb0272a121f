"""Other pytest plugins beside this one change nothing: verdicts, node ids, exit code and record are as without them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

import pytest

from tests.conftest import WorkspaceFolder
from tests.plugin.test_hidden_source import RAISING, assert_hidden

OURS = ("fastapi-kata", "timeout")


@dataclass(frozen=True)
class Neighbour:
    """A plugin by the names of its entry points, and the options that put it to work."""

    distribution: str
    plugins: tuple[str, ...]
    options: tuple[str, ...] = ()


NEIGHBOURS = (
    Neighbour("pytest-xdist", ("xdist", "xdist.looponfail"), ("-n", "2")),
    Neighbour("pytest-randomly", ("randomly",), ("-p", "randomly")),
    Neighbour("pytest-sugar", ("sugar",), ("--force-sugar",)),
    Neighbour("pytest-cov", ("pytest_cov",), ("--cov=katas", "--cov-report=term")),
    Neighbour("pytest-asyncio", ("asyncio",), ("-o", "asyncio_mode=auto")),
    Neighbour("anyio", ("anyio",)),
    Neighbour("pytest-html", ("html", "html_fixtures", "metadata"), ("--html=page.html", "--self-contained-html")),
    Neighbour("pytest-rerunfailures", ("rerunfailures",), ("--reruns", "1")),
    Neighbour("hypothesis", ("hypothesispytest",), ("--hypothesis-show-statistics",)),
)
INSTALLED = {point.name for point in entry_points(group="pytest11")}


@pytest.fixture
def half_solved(workspace: WorkspaceFolder) -> WorkspaceFolder:
    """q901 raises in two of three checks, q902 is solved."""
    workspace.add("q901", RAISING)
    workspace.add("q902", "solution")
    return workspace


def outcome(workspace: WorkspaceFolder, *arguments: str) -> dict[str, Any]:
    """Run, and return all that must not depend on who else is there."""
    shutil.rmtree(workspace.root / ".kata", ignore_errors=True)
    result = workspace.pytester.runpytest_subprocess(
        "--kata-progress",
        "--kata-fresh",
        "--kata-seed=5",
        "--kata-json=report.json",
        "--junitxml=junit.xml",
        *arguments,
    )
    assert_hidden(result.stdout.str() + (workspace.root / "junit.xml").read_text("utf-8"), workspace)
    report = json.loads((workspace.root / "report.json").read_text("utf-8"))
    for kata in report["katas"]:
        del kata["seconds"]
        for check in kata["checks"]:
            check.pop("seconds", None)
    record = workspace.progress["katas"]
    for entry in record.values():
        entry.pop("solved_at", None)
    return {"exit code": result.ret, "katas": report["katas"], "record": record}


def node_ids(workspace: WorkspaceFolder, *arguments: str) -> list[str]:
    """Return the node ids that --collect-only lists."""
    result = workspace.pytester.runpytest_subprocess("--collect-only", "-q", *arguments)
    return sorted(line for line in result.outlines if "::" in line)


@pytest.fixture
def alone(half_solved: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], list[str]]:
    """What comes out where this kit's plugin has pytest to itself."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    options = loaded(OURS)
    return outcome(half_solved, *options), node_ids(half_solved, *options)


def loaded(plugins: tuple[str, ...]) -> list[str]:
    """Return the options that load plugins by the names of their entry points, though the ini file has more to set."""
    unmoved = ["-W", "ignore::pytest.PytestConfigWarning", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return unmoved + [option for name in plugins if name in INSTALLED for option in ("-p", name)]


@pytest.mark.parametrize("neighbour", NEIGHBOURS, ids=lambda neighbour: neighbour.distribution)
def test_a_neighbour_changes_nothing(
    half_solved: WorkspaceFolder, alone: tuple[dict[str, Any], list[str]], neighbour: Neighbour
) -> None:
    """Each plugin by itself, at work beside the kit's."""
    if neighbour.plugins[0] not in INSTALLED:
        pytest.skip(f"{neighbour.distribution} is not installed")
    options = loaded((*OURS, *neighbour.plugins))
    assert alone[0]["exit code"] == 1
    assert alone == (outcome(half_solved, *options, *neighbour.options), node_ids(half_solved, *options))


def test_all_neighbours_together_change_nothing(
    half_solved: WorkspaceFolder, alone: tuple[dict[str, Any], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is installed is loaded, as pytest does by itself, and put to work."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    there = [neighbour for neighbour in NEIGHBOURS if neighbour.plugins[0] in INSTALLED]
    options = [option for neighbour in there for option in neighbour.options]
    assert alone == (outcome(half_solved, *options), node_ids(half_solved))


def test_the_html_report_shows_the_explanation_and_no_check(
    half_solved: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page of pytest-html says what the terminal says, and nothing of the hidden source."""
    if "html" not in INSTALLED:
        pytest.skip("pytest-html is not installed")
    half_solved.run("--html=page.html", "--self-contained-html", "--tb=long", "-l")
    page = (half_solved.root / "page.html").read_text("utf-8")
    assert "q901_greeting/app.py::test_a_guest_is_greeted" in page
    assert "raise ValueError(name)" in page
    hidden = page.partition('data-jsonblob="')[2].partition("</div>")[0]
    assert_hidden(hidden, half_solved)


def test_coverage_counts_no_hidden_source(half_solved: WorkspaceFolder) -> None:
    """With pytest-cov, the checks are not among what was measured."""
    if "pytest_cov" not in INSTALLED:
        pytest.skip("pytest-cov is not installed")
    result = half_solved.run("--cov=katas", "--cov-report=term-missing")
    result.assert_outcomes(passed=3, failed=2)
    assert_hidden(result.stdout.str(), half_solved)


def test_a_rerun_runs_the_check_again(half_solved: WorkspaceFolder) -> None:
    """With pytest-rerunfailures, each failed check is run once more, and the attempt counts once."""
    if "rerunfailures" not in INSTALLED:
        pytest.skip("pytest-rerunfailures is not installed")
    result = half_solved.run("--reruns", "1")
    assert "2 rerun" in result.outlines[-1]
    assert 1 == half_solved.progress["katas"]["q901"]["attempts"]
