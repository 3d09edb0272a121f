"""``fastapi-kata hint``."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pytest_fastapi_kata.progress import Record, ResultCache, result_key
from pytest_fastapi_kata.results import CheckResult
from tests.unit.conftest import Command, Desk
from tests.unit.samples import a_result


def hints(desk: Desk) -> Any:
    """Return how many hints are noted."""
    return Record(desk.workspace).entry(desk.kata("q901")).get("hints")


def test_one_hint_more(command: Command, desk: Desk) -> None:
    """Each time, with those before it; what was seen is noted."""
    told = command("hint", "q901")
    assert (0, "q901 · A greeting\n\nHint 1 of 3\nThink of a word.\n") == (told.code, told.out)
    assert 1 == hints(desk)
    second = command("hint", "q901").out
    assert "Hint 1 of 3\nThink of a word.\n\nHint 2 of 3\nThink of a path.\n" in second
    assert "last" not in second
    assert 2 == hints(desk)


def test_the_last_hint(command: Command, desk: Desk) -> None:
    """There are no more, and there is another way on."""
    for _ in range(3):
        told = command("hint", "q901")
    assert told.out.endswith(
        "Hint 3 of 3\nThink of both.\n\nThat was the last one. fastapi-kata solution q901 shows an answer.\n"
    )
    assert told.out == command("hint", "q901").out
    assert 3 == hints(desk)


def test_again(command: Command, desk: Desk) -> None:
    """No new one is shown, but the first one if there was none yet."""
    assert "Hint 1 of 3" in command("hint", "q901", "--again").out
    command("hint", "q901")
    told = command("hint", "q901", "--again")
    assert "Hint 2 of 3" in told.out
    assert "Hint 3 of 3" not in told.out
    assert 2 == hints(desk)


def test_the_hints_of_failed_checks(command: Command, desk: Desk) -> None:
    """They are shown as well, as long as the result holds."""
    kata = desk.kata("q901")
    desk.entry("q901").write_text("app = 1", "utf-8")
    checks = [CheckResult(check.name, check.title, "failed") for check in kata.checks]
    ResultCache(desk.workspace).put([(a_result(kata, "failing", *checks), result_key(desk.workspace, kata))])
    assert command("hint", "q901").out.endswith("\n\nOn “A guest is greeted by name”\nThe name stands in the path.\n")
    desk.entry("q901").write_text("app = 2", "utf-8")
    assert "On “" not in command("hint", "q901").out


@pytest.mark.parametrize(("noted", "shown"), [('"two"', 1), ("null", 1), ("-5", 1), ("99", 3), ("[1]", 1)])
def test_a_record_of_no_use(command: Command, desk: Desk, noted: str, shown: int) -> None:
    """Somebody wrote something else into it; the hints are shown all the same."""
    desk.write(".kata/progress.json", f'{{"katas": {{"q901": {{"hints": {noted}}}}}}}')
    told = command("hint", "q901")
    assert (0, shown) == (told.code, told.out.count("Hint "))


def test_hints_are_wrapped(command: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the width of the terminal."""
    monkeypatch.setenv("COLUMNS", "20")
    command("hint", "q901")
    assert max(map(len, command("hint", "q901").out.splitlines()[1:])) <= 20


def test_the_record_is_json_to_commit(command: Command, desk: Desk) -> None:
    """A look is part of it."""
    command("hint", "q901")
    assert {"hints": 1} == json.loads((desk.root / ".kata/progress.json").read_text("utf-8"))["katas"]["q901"]


def test_hints_as_json(command: Command, desk: Desk) -> None:
    """Those seen so far, this one included."""
    for count in (1, 2):
        facts = json.loads(command("hint", "q901", "--json").out)
        assert ("q901", count, 3) == (facts["id"], len(facts["hints"]), facts["of"])
