"""What each event does to the watch."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pytest_fastapi_kata.exceptions import WorkspaceError
from pytest_fastapi_kata.progress import Record, ResultCache, result_key
from pytest_fastapi_kata.watch.events import Ended, Key, Resized, Saved, Ticked, Troubled
from pytest_fastapi_kata.watch.session import Actions
from tests.unit.conftest import Desk
from tests.unit.watch.conftest import Stage, a_check


def test_an_untouched_kata_waits(stage: Stage) -> None:
    """Nothing is run, and no attempt counted, before the first save."""
    assert ([], "not_started", False) == (stage.runs.asked, stage.session.result.status, stage.session.running)


def test_a_started_kata_is_run_at_once(stage: Stage) -> None:
    """Its verdict is not known."""
    stage.desk.entry("q902").write_text("app = 1", "utf-8")
    stage.session.go_to(stage.desk.kata("q902"))
    assert (["q902"], True) == (stage.runs.asked, stage.session.running)


def test_a_verdict_that_still_holds_is_shown_at_once(stage: Stage) -> None:
    """Nothing has changed since, so nothing is run."""
    kata = stage.desk.kata("q902")
    stage.desk.entry("q902").write_text("app = 1", "utf-8")
    stage.session.go_to(kata)
    result = stage.judge("passed", "passed")
    ResultCache(stage.desk.workspace).put([(result, result_key(stage.desk.workspace, kata))])
    stage.session.go_to(kata)
    assert (["q902"], "solved", False) == (stage.runs.asked, stage.session.result.status, stage.session.running)


def test_a_save_is_run(stage: Stage) -> None:
    """The checks tick, and the verdict is kept."""
    stage.write("q901")
    session = stage.session
    assert (["q901"], {}) == (stage.runs.asked, session.ticks)
    check = a_check(session.kata, 0, "passed")
    session.handle(Ticked(1, check))
    assert {check.name: check} == session.ticks
    stage.judge("passed", "failed", "passed")
    assert ("failing", False, "12:34:56", 0) == (session.result.status, session.running, session.time, session.solved)


def test_a_save_without_a_change_is_no_save(stage: Stage) -> None:
    """Nor is a by-product, or the instructions."""
    stage.write("q901")
    stage.judge("failed", "failed", "failed")
    stage.write("q901")
    folder = stage.desk.entry("q901").parent
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "app.pyc").write_bytes(b"x")
    (folder / "README.md").write_text("mine", "utf-8")
    stage.session.handle(Saved(frozenset([folder / "README.md", folder / "__pycache__/app.pyc"])))
    assert ["q901"] == stage.runs.asked


def test_a_save_in_the_middle_of_a_run(stage: Stage) -> None:
    """The run before it counts no more, whatever it still reports."""
    stage.write("q901")
    stage.session.handle(Ticked(1, a_check(stage.session.kata, 0, "failed")))
    stage.write("q901", "app = 2\n")
    assert (["q901", "q901"], {}) == (stage.runs.asked, stage.session.ticks)
    stage.judge("failed", "failed", "failed", run=1)
    assert (True, {}) == (stage.session.running, stage.session.ticks)
    stage.judge("passed", "passed", "passed")
    assert "solved" == stage.session.result.status


def test_the_stub_written_back_by_hand(stage: Stage) -> None:
    """That is a kata not started, and the run is ended."""
    stub = stage.desk.entry("q901").read_text("utf-8")
    stage.write("q901")
    stage.write("q901", stub)
    assert ("not_started", False) == (stage.session.result.status, stage.session.running)


def test_a_folder_that_goes_and_comes_back(stage: Stage) -> None:
    """Its verdict goes with it, and a new one is made."""
    stage.write("q901")
    folder = stage.desk.entry("q901").parent
    aside = folder.rename(folder.parent / "aside")
    stage.session.handle(Saved(frozenset([folder])))
    assert (True, False) == (stage.session.gone, stage.session.running)
    stage.press("r")
    assert "There is nothing to run: the folder of q901 is gone." == stage.session.notice
    aside.rename(folder)
    stage.session.handle(Saved(frozenset([stage.desk.workspace.katas_root])))
    assert (False, ["q901", "q901"]) == (stage.session.gone, stage.runs.asked)


def test_all_katas_are_gone(stage: Stage) -> None:
    """The folder above went, and nothing breaks."""
    shutil.rmtree(stage.desk.workspace.katas_root)
    stage.session.handle(Saved(frozenset([stage.desk.workspace.katas_root])))
    assert stage.session.gone


def test_a_save_of_another_kata(stage: Stage) -> None:
    """It is said, and the watch goes there only at a key."""
    stage.write("q902")
    assert ("q901", []) == (stage.session.kata.id, stage.runs.asked)
    assert "You saved q902, and q901 is watched. (g) goes to q902." == stage.session.notice
    stage.press("g")
    assert ("q902", ["q902"]) == (stage.session.kata.id, stage.runs.asked)
    stage.press("g")
    assert "q902" == stage.session.kata.id


def test_it_moves_on_only_at_a_key(stage: Stage) -> None:
    """Solving a kata is no reason to leave it."""
    stage.write("q901")
    stage.judge("passed", "passed", "passed")
    assert ("q901", 1) == (stage.session.kata.id, stage.session.solved)
    stage.press("n")
    assert "q902" == stage.session.kata.id
    stage.press("n")
    assert ("q902", "There is no other kata left to solve.") == (stage.session.kata.id, stage.session.notice)
    stage.press("p", "p")
    assert ("q901", "This is the first kata.") == (stage.session.kata.id, stage.session.notice)


def test_the_list(stage: Stage) -> None:
    """A kata is chosen with the arrows; leaving the list leaves the kata as it was."""
    stage.press("l", "down", "down", "enter")
    assert ("q902", "verdict") == (stage.session.kata.id, stage.session.page)
    stage.press("l", "home")
    assert stage.press("q")
    assert ("q902", "verdict") == (stage.session.kata.id, stage.session.page)
    stage.press("l", "up", "escape")
    assert ("q902", "verdict") == (stage.session.kata.id, stage.session.page)


def noted(stage: Stage) -> dict[str, object]:
    """Return what the record says of q901."""
    return Record(stage.desk.workspace).entry(stage.desk.kata("q901"))


def test_hints_come_one_at_a_time(stage: Stage) -> None:
    """Coming back to them shows no more than before."""
    stage.press("h")
    assert ({"hints": 1}, "hints") == (noted(stage), stage.session.page)
    stage.press("h", "escape")
    assert {"hints": 2} == noted(stage)
    stage.press("h")
    assert {"hints": 2} == noted(stage)
    stage.press("h", "h", "h")
    assert ({"hints": 3}, 3) == (noted(stage), stage.session.hints)


@pytest.mark.parametrize(("key", "page"), [("a", "answer"), ("s", "solution")])
def test_what_is_not_earned_yet(stage: Stage, key: str, page: str) -> None:
    """It is shown after a confirmation, and that is recorded."""
    stage.press(key)
    assert stage.session.question is not None
    assert f"Show the {page} all the same? It is noted in your record." in stage.session.question.text
    assert stage.press("q")
    assert ("verdict", {}, "Nothing was done.") == (stage.session.page, noted(stage), stage.session.notice)
    stage.press(key, "Y")
    assert (page, {page: 1}) == (stage.session.page, noted(stage))
    stage.press(key)
    assert "verdict" == stage.session.page


@pytest.mark.parametrize(("key", "page"), [("a", "answer"), ("s", "solution")])
def test_what_is_earned(stage: Stage, key: str, page: str) -> None:
    """Nobody is asked, and nothing is noted."""
    stage.write("q901")
    stage.judge("passed", "passed", "passed")
    stage.press(key)
    assert (page, {}) == (stage.session.page, noted(stage))


def test_reset_asks_first(stage: Stage) -> None:
    """What it says is shown."""
    stage.press("x", "n")
    assert "Nothing was done." == stage.session.notice
    stage.press("x", "y")
    assert "q901 is as it was." == stage.session.notice


def test_run_again(stage: Stage) -> None:
    """Also an untouched stub, for somebody who wants to see what is missing."""
    stage.press("t", "r")
    assert (["q901"], "verdict") == (stage.runs.asked, stage.session.page)


@pytest.mark.parametrize("key", ["o", "e", "O"])
def test_open(stage: Stage, key: str) -> None:
    """The file of this kata."""
    stage.press(key)
    assert ["q901"] == stage.opened


def test_what_cannot_be_done_is_said(stage: Stage) -> None:
    """The watch goes on."""

    def refuse(_: object) -> str:
        msg = "no editor is known here"
        raise WorkspaceError(msg, "Say which.")

    stage.session.actions = Actions(refuse, refuse)
    assert stage.press("o")
    assert "no editor is known here. Say which." == stage.session.notice


def test_a_save_brings_the_verdict_back(stage: Stage) -> None:
    """The learner has read enough; only the list stays."""
    stage.press("t", "down")
    stage.write("q901")
    assert ("verdict", 0) == (stage.session.page, stage.session.top)
    stage.press("l")
    stage.write("q901", "app = 2\n")
    assert "list" == stage.session.page


def test_scrolling(stage: Stage) -> None:
    """Never above the first line."""
    for keys, top in ((["down", "j", " "], 12), (["up", "k"], 10), (["pageup", "b"], 0), (["end", "home"], 0)):
        stage.press(*keys)
        assert top == stage.session.top


def test_the_end(stage: Stage) -> None:
    """By the key, or because the terminal has gone; unknown keys and a new size are no end."""
    assert [True, True, False, False] == [
        stage.session.handle(event) for event in (Key("ü"), Resized(), Key("q"), Ended())
    ]


def test_a_worker_in_trouble(stage: Stage) -> None:
    """It is said, and the next save is another try."""
    stage.write("q901")
    stage.session.handle(Troubled(1, "No worker."))
    assert ("No worker.", False) == (stage.session.notice, stage.session.running)
    stage.write("q901", "app = 2\n")
    assert ["q901", "q901"] == stage.runs.asked


def test_a_kata_that_lacks_something(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not run, and the remedy is told, as long as that is so."""
    monkeypatch.setattr("pytest_fastapi_kata.standing.why_unavailable", lambda kata: "q901 needs x: pip install x")
    stage.write("q901")
    assert ([], "unavailable") == (stage.runs.asked, stage.session.result.status)
    monkeypatch.undo()
    stage.write("q901", "app = 2\n")
    assert ["q901"] == stage.runs.asked


def test_hints_noted_in_a_strange_way(desk: Desk, stage: Stage) -> None:
    """Somebody wrote something else into the record."""
    desk.write(".kata/progress.json", '{"katas": {"q901": {"hints": "many"}}}')
    stage.session.go_to(desk.kata("q901"))
    assert 0 == stage.session.hints


def test_a_path_outside(stage: Stage) -> None:
    """It belongs to no kata."""
    stage.session.handle(Saved(frozenset([Path("/elsewhere/app.py")])))
    assert "" == stage.session.notice
