"""``fastapi-kata doctor``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_fastapi_kata.cli import doctor
from pytest_fastapi_kata.diagnosis import Symptom
from tests.unit.conftest import Command, Desk


def test_problems_and_remedies(command: Command, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark for each thing, an arrow to the remedy, and the exit code 1."""
    found = [Symptom("Python", "good", "3.12"), Symptom("q901", "problem", "app.py is missing", "reset it")]
    monkeypatch.setattr(doctor, "_examine", lambda: iter(found))
    told = command("doctor")
    assert (1, [
        "✓ Python      3.12",
        "✗ q901        app.py is missing",
        "              →  reset it",
        "",
        "1 problem found. What the arrow points at puts it right.",
    ]) == (told.code, told.out.splitlines())  # fmt: skip
    found[1] = Symptom("q901", "hint", "app.py.new was left")
    assert (0, "Nothing is in your way.") == ((told := command("doctor")).code, told.out.splitlines()[-1])


def test_json(command: Command, desk: Desk) -> None:
    """The same for programs."""
    found = json.loads(command("doctor", "--json").out)
    assert {"about", "severity", "what", "remedy"} == found[0].keys()


def test_outside_of_a_workspace(command: Command, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation is looked at all the same."""
    monkeypatch.chdir(tmp_path)
    told = command("doctor")
    assert (1, True, True) == (told.code, "✓ Python" in told.out, "is not in a workspace" in " ".join(told.out.split()))
