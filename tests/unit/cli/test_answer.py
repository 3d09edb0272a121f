"""``fastapi-kata answer`` and ``fastapi-kata solution``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_fastapi_kata import catalogue
from pytest_fastapi_kata.catalogue import Pack
from pytest_fastapi_kata.progress import Record, ResultCache, result_key
from pytest_fastapi_kata.results import CheckResult
from tests.unit.conftest import Command, Desk, PackFolder
from tests.unit.samples import a_result

ASKS = "q901 is not solved yet. Show the {} all the same? (It is noted in your record.) [y/N]"


def looks(desk: Desk) -> dict[str, Any]:
    """Return what is noted of q901."""
    return Record(desk.workspace).entry(desk.kata("q901"))


def test_an_answer_has_to_be_wanted(command: Command, desk: Desk) -> None:
    """Whoever says no sees nothing, and nothing is noted."""
    told = command("answer", "q901", answers="n\n")
    assert 1 == told.code
    assert ASKS.format("answer") in told.out
    assert "How do you greet?" not in told.out
    assert "Aborted" in told.err
    assert {} == looks(desk)


def test_no_answer_is_no(command: Command, desk: Desk) -> None:
    """Where nobody can be asked, nothing is shown."""
    told = command("solution", "q901")
    assert (1, {}) == (told.code, looks(desk))
    assert "app = FastAPI()" not in told.out


def test_the_answer(command: Command, desk: Desk) -> None:
    """Below the question; that it was looked at is noted."""
    told = command("answer", "q901", answers="y\n")
    assert 0 == told.code
    text = (desk.kata("q901").path / "answer.md").read_text("utf-8").strip()
    assert told.out.endswith(f"How do you greet?\n\n{text}\n")
    assert {"answer": 1} == looks(desk)


@pytest.mark.parametrize("option", ["--yes", "-y"])
def test_whoever_is_sure_is_not_asked(command: Command, desk: Desk, option: str) -> None:
    """It is noted all the same."""
    told = command("answer", "q901", option)
    assert 0 == told.code
    assert told.out.startswith("How do you greet?\n")
    assert {"answer": 1} == looks(desk)


def test_a_solved_kata_has_no_secrets(command: Command, desk: Desk) -> None:
    """Solved now, or once, as the record knows; nothing is asked or noted."""
    kata = desk.kata("q901")
    desk.write(".kata/progress.json", '{"katas": {"q901": {"solved_at": "2026-01-01"}}}')
    assert command("answer", "q901").out.startswith("How do you greet?\n")
    desk.write(".kata/progress.json", '{"katas": {}}')
    desk.entry("q901").write_text("app = 1", "utf-8")
    checks = [CheckResult(check.name, check.title, "passed") for check in kata.checks]
    ResultCache(desk.workspace).put([(a_result(kata, "solved", *checks), result_key(desk.workspace, kata))])
    told = command("solution", "q901")
    assert (0, {}) == (told.code, looks(desk))
    assert told.out.startswith("── app.py\n")


def test_the_solution(command: Command, desk: Desk) -> None:
    """Each file under its name; other styles are named, not shown."""
    told = command("solution", "q901", "--yes")
    source = (desk.kata("q901").solution / "app.py").read_text("utf-8").rstrip()
    others = "Other correct styles: async_def  (fastapi-kata solution q901 --variant NAME)"
    assert f"── app.py\n{source}\n\n{others}\n" == told.out
    assert {"solution": 1} == looks(desk)


def test_a_variant(command: Command, desk: Desk) -> None:
    """It is shown in the solution's place, and no other one is left."""
    told = command("solution", "q901", "--yes", "--variant", "async_def")
    assert "async def greet" in told.out
    assert "Other correct styles" not in told.out


def test_an_unknown_variant(command: Command, desk: Desk) -> None:
    """What there is, is said; nothing is noted."""
    told = command("solution", "q901", "--yes", "--variant", "lambda")
    assert (2, {}) == (told.code, looks(desk))
    assert "q901 has no variant 'lambda'; it has: async_def" in " ".join(told.err.split())


@pytest.fixture
def mine(desk: Desk, pack: PackFolder, monkeypatch: pytest.MonkeyPatch) -> PackFolder:
    """A pack of the test's own, installed instead of the tiny one."""
    monkeypatch.setattr(catalogue, "installed_packs", lambda: [Pack("mine", pack.root)])
    return pack


def test_a_solution_of_several_files(command: Command, mine: PackFolder) -> None:
    """By-products are left out, and what a terminal would obey is written out."""
    solution = mine.root / "solutions/90_tiny/q901_greeting"
    (solution / "shed").mkdir()
    (solution / "shed/hats.py").write_text("hat = '\x1b'\r\n\r\n", "utf-8", newline="")
    (solution / "__pycache__").mkdir()
    (solution / "__pycache__/x.pyc").touch()
    told = command("solution", "q901", "--yes")
    assert "── shed/hats.py\nhat = '\\x1b'\n\nOther" in told.out
    assert "pyc" not in told.out


def test_a_file_of_the_solution_that_is_no_text(command: Command, mine: PackFolder) -> None:
    """It is named; the other files are shown."""
    (mine.root / "solutions/90_tiny/q901_greeting/a.png").write_bytes(b"\x89PNG\xff")
    told = command("solution", "q901", "--yes")
    assert 0 == told.code
    assert "── a.png\n" in told.out
    assert "def greet" in told.out


def test_a_kata_without_variants_or_answer(command: Command, mine: PackFolder) -> None:
    """A pack that did not pass the gate is no reason for a traceback."""
    (mine.root / "solutions/90_tiny/q901_greeting/variants/async_def/app.py").unlink()
    (mine.root / "solutions/90_tiny/q901_greeting/variants/async_def").rmdir()
    (mine.root / "solutions/90_tiny/q901_greeting/variants").rmdir()
    assert "Other" not in command("solution", "q901", "--yes").out
    told = command("solution", "q901", "--yes", "--variant", "x")
    assert "it has: none" in " ".join(told.err.split())
    (mine.root / "katas/90_tiny/q901_greeting/answer.md").unlink()
    told = command("answer", "q901", "--yes")
    assert 2 == told.code
    assert "answer.md" in told.err


def test_as_json(command: Command, desk: Desk) -> None:
    """For programs: the texts, and what else there is."""
    facts = json.loads(command("answer", "q901", "--yes", "--json").out)
    assert ("q901", "How do you greet?") == (facts["id"], facts["question"])
    assert facts["key_facts"]
    facts = json.loads(command("solution", "q902", "--yes", "--json").out)
    assert ("solution", {"app.py"}, ["async_def"]) == (facts["shown"], facts["files"].keys(), facts["variants"])
    facts = json.loads(command("solution", "q902", "--yes", "--variant", "async_def", "--json").out)
    assert "async_def" == facts["shown"]


def test_once_solved_it_is_compared(command: Command, desk: Desk) -> None:
    """With the learner's own; not before, and not if they do not want it."""
    desk.entry("q902").write_text("mine = 1\n", "utf-8")
    assert "-mine = 1" not in command("solution", "q902", "--yes").out
    desk.write(".kata/progress.json", '{"format_version": 1, "katas": {"q902": {"solved_at": "2026-01-01"}}}')
    told = command("solution", "q902").out
    assert "-mine = 1" in told.splitlines()
    assert "-mine = 1" not in command("solution", "q902", "--no-diff").out
