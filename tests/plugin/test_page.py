"""The page and the badge, as a run writes them."""

from __future__ import annotations

from tests.conftest import WorkspaceFolder

WRONG = "from fastapi import FastAPI\n\napp = FastAPI(title='wrong')\n"


def test_both_are_written(workspace: WorkspaceFolder) -> None:
    """Also when a check fails, into folders that did not exist; what failed is explained on the page."""
    workspace.add("q901", "solution")
    workspace.add("q902", WRONG)
    result = workspace.run("--kata-progress", "--kata-html=a/b/page.html", "--kata-badge=a/badge.svg")
    assert 1 == result.ret
    page = (workspace.root / "a/b/page.html").read_text("utf-8")
    assert "1 of 2 katas solved" in page
    assert "`POST /count` answers the number after the one that was sent." in page
    assert "1 of 2" in (workspace.root / "a/badge.svg").read_text("utf-8")


def test_by_the_ini_file(workspace: WorkspaceFolder) -> None:
    """Paths are relative to the workspace then."""
    workspace.add("q901")
    text = (workspace.root / "pyproject.toml").read_text("utf-8")
    workspace.write("pyproject.toml", f'{text}kata_html = "page.html"\nkata_badge = "badge.svg"\n')
    assert 0 == workspace.run("--kata-progress").ret
    assert "0 of 1 katas solved" in (workspace.root / "page.html").read_text("utf-8")
    assert (workspace.root / "badge.svg").exists()


def test_a_place_that_cannot_be_written(workspace: WorkspaceFolder) -> None:
    """Is told, and costs the run nothing else."""
    workspace.add("q901", "solution")
    workspace.write("file", "")
    result = workspace.run("--kata-progress", "--kata-html=file/page.html", "--kata-badge=file/badge.svg")
    assert 0 == result.ret
    result.stdout.fnmatch_lines(["*The HTML page could not be written to*", "*The badge could not be written to*"])


def test_nothing_is_written_when_nothing_runs(workspace: WorkspaceFolder) -> None:
    """With --collect-only."""
    workspace.add("q901", "solution")
    workspace.run("--collect-only", "--kata-html=page.html")
    assert not (workspace.root / "page.html").exists()
