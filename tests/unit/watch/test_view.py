"""What is to be seen."""

from __future__ import annotations

import shutil

import pytest

from pytest_fastapi_kata.reports.lines import plain
from pytest_fastapi_kata.watch.events import Saved, Ticked
from pytest_fastapi_kata.watch.view import Markdown, body, foot, head
from tests.unit.watch.conftest import Stage, a_check


def shown(stage: Stage, width: int = 60, height: int = 40) -> str:
    """Return the page as text."""
    content = body(stage.session, width, height)
    assert not isinstance(content, Markdown)
    return plain(content)


def below(stage: Stage, width: int = 80, where: str = "") -> str:
    """Return the foot as text."""
    return plain(foot(stage.session, width, where))


def test_the_head(stage: Stage) -> None:
    """Kata, progress and file."""
    assert (
        "q901 · A greeting                  0 of 2 solved ░░░░░░░░░░\nkatas/90_tiny/q901_greeting/app.py  basic"
        == plain(head(stage.session, 59))
    )
    stage.write("q901")
    stage.judge("passed", "passed", "passed")
    assert "1 of 2 solved █████░░░░░" in plain(head(stage.session, 60))


def test_not_started(stage: Stage) -> None:
    """What to do first, and what will be checked."""
    assert """\
“How do you greet?”

Not started yet. t shows the task, o opens the file in your editor.
Save it, and it is checked.

· A guest is greeted by name
· There is no greeting for nobody
· The docs know the greeting""" == shown(stage)
    assert "each save is checked\nh hint   t task   o open   r run   n next   l list   ? keys   q quit" == below(stage)


def test_checks_tick(stage: Stage) -> None:
    """One after the other."""
    stage.write("q901")
    stage.session.handle(Ticked(1, a_check(stage.session.kata, 0, "failed")))
    assert "✗ A guest is greeted by name\n▸ There is no greeting for nobody\n· The docs know the greeting" == shown(
        stage
    )
    assert below(stage).startswith("checking … 1 of 3\n")


def test_one_explanation(stage: Stage) -> None:
    """Of the first check that failed, below all of them."""
    stage.write("q901")
    stage.judge("passed", "failed", "failed")
    text = shown(stage)
    assert text.startswith(
        "✓ A guest is greeted by name\n✗ There is no greeting for nobody\n✗ The docs know the greeting\n\n"
        "  It does There is no greeting for nobody.\n"
    )
    assert "came back   404 Not Found" in text
    assert "Not passed either" not in text
    assert below(stage).startswith("checked at 12:34:56 · each save is checked\n")


def test_one_explanation_where_there_is_little_room(stage: Stage) -> None:
    """The checks are a line of marks, and the others that failed are named below."""
    stage.write("q901")
    stage.judge("passed", "failed", "failed")
    text = shown(stage, height=8)
    assert text.startswith("✓✗✗  1 of 3 checks pass\n\n  It does There is no greeting for nobody.\n")
    assert "Not passed either:\n  ✗ The docs know the greeting" in text


def test_solved(stage: Stage) -> None:
    """What the learner has earned, and where it goes on."""
    stage.write("q901")
    stage.judge("passed", "passed", "passed")
    assert shown(stage).endswith(
        """
q901 is solved.

“How do you greet?”
a shows the model answer to it, s the kit's solution.
n goes on to q902 · A counter"""
    )
    assert below(stage).endswith("\nn next   a answer   s solution   l list   ? keys   q quit")


def test_everything_is_solved(stage: Stage) -> None:
    """There is nowhere to go on to."""
    for name, checks in (("q901", 3), ("q902", 2)):
        stage.desk.entry(name).write_text("app = 1", "utf-8")
        stage.session.go_to(stage.desk.kata(name))
        stage.judge(*["passed"] * checks)
    assert shown(stage).endswith("All katas are solved.")


def test_a_folder_is_gone(stage: Stage) -> None:
    """Two ways back are told."""
    folder = stage.desk.entry("q901").parent
    shutil.rmtree(folder)
    stage.session.handle(Saved(frozenset([folder])))
    assert (
        "The folder katas/90_tiny/q901_greeting is gone.\n"
        "Put it back, and it is checked again; or x lays the stub out there." == shown(stage)
    )
    assert below(stage).startswith("waiting for the folder to come back\n")


def test_a_kata_that_lacks_something(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that installs it."""
    monkeypatch.setattr("pytest_fastapi_kata.standing.why_unavailable", lambda kata: "q901 needs x: pip install x")
    stage.write("q901")
    assert "q901 needs x: pip install x\nSave the file again when it is installed." == shown(stage)


def test_the_pages_to_read(stage: Stage) -> None:
    """They are Markdown, rendered by whoever knows the screen."""
    stage.press("t")
    task = body(stage.session, 60, 20)
    assert isinstance(task, Markdown)
    assert task.text.startswith("# q901 · A greeting\n")
    stage.press("a", "y")
    answer = body(stage.session, 60, 20)
    assert isinstance(answer, Markdown)
    assert answer.text.startswith("**How do you greet?**\n\n")


def test_hints(stage: Stage) -> None:
    """Those seen so far, those of failed checks, and how to get the next."""
    stage.write("q901")
    stage.judge("failed", "passed", "passed")
    stage.press("h")
    assert (
        "Hint 1 of 3\nThink of a word.\n\nOn “A guest is greeted by name”\nThe name stands in the path.\n\n"
        "h shows the next one." == shown(stage)
    )
    stage.press("h", "h")
    assert shown(stage).endswith("That was the last one. s shows an answer.")


def test_the_solution(stage: Stage) -> None:
    """Its files, and the names of its variants."""
    stage.press("s", "y")
    text = shown(stage)
    assert text.startswith("── app.py\n")
    assert "Other correct styles: async_def" in text
    assert below(stage).endswith("escape back   ↑↓ scroll   o open   l list   ? keys   q quit")


def test_the_list(stage: Stage) -> None:
    """The kata under the cursor is marked, and stays in sight."""
    stage.press("l")
    assert "▸ · q901  basic         A greeting\n  · q902  advanced      A counter" == shown(stage)
    stage.press("down")
    assert "▸ · q902  advanced      A counter" == shown(stage, height=1)
    assert "▸ · q902  adva…" == shown(stage, width=15, height=1)
    assert below(stage).endswith("↑↓ choose   enter go there   l back   q back")


def test_every_key_is_explained(stage: Stage) -> None:
    """On a page of its own."""
    stage.press("?")
    for word in ("next", "previous", "list", "hint", "answer", "solution", "run", "open", "reset", "quit", "task"):
        assert f"  {word} " in shown(stage)


@pytest.mark.parametrize("width", [20, 35, 60, 200])
def test_the_foot_fits(stage: Stage, width: int) -> None:
    """The way out and the place in the page are always there."""
    stage.session.notice = "A word. " * 200
    lines = below(stage, width, "12/34 ↑↓").split("\n")
    assert max(map(len, lines)) <= width
    assert "q quit" in lines[-1]
    assert ("12/34" in lines[-2]) == (width > 20)
    assert len(lines) <= 5


def test_a_pack_without_an_answer(stage: Stage) -> None:
    """What is wrong stands in the place of the page."""
    from dataclasses import replace

    stage.session.kata = replace(stage.session.kata, path=stage.desk.root)
    stage.press("a", "y")
    assert "answer.md cannot be read" in shown(stage, width=200)


def test_a_question_comes_first(stage: Stage) -> None:
    """Before any notice."""
    stage.press("x")
    assert below(stage).startswith("Put the stub of q901 back? What you wrote is kept as a backup. (y/n)\n")
