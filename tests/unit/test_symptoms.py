"""By what a near miss is recognised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_fastapi_kata.results import CheckResult
from pytest_fastapi_kata.symptoms import FILE, Symptom, are_alike, read_symptoms, symptoms_of, write_symptoms
from tests.unit.samples import a_kata, answered, failed, passed

GREETED = Symptom("assertion", (404, 200), "", "Somebody greeted nobody, whose name is bavo.")


def test_symptoms_are_those_of_the_failed_checks() -> None:
    """Kind, statuses, class of the exception and message; a check that reported nothing has no more to show."""
    checks = [
        passed(1),
        failed(2, "error", message="No.", error="ValueError: 3 is odd", exchanges=(answered(500), answered(None))),
        CheckResult("test_3", "", "missing"),
    ]
    assert {
        "test_2": Symptom("error", (500, None), "ValueError", "No."),
        "test_3": Symptom("missing", (), "", ""),
    } == symptoms_of(checks)


def test_made_up_names_make_no_difference() -> None:
    """The message is the same but for a word."""
    assert GREETED.is_like(GREETED)
    assert GREETED.is_like(replace(GREETED, message=GREETED.message.replace("bavo", "tiri")))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "error"}, {"statuses": (404,)}, {"statuses": (404, 500)}, {"error": "ValueError"},
        {"message": "Nobody was greeted at all."}, {"message": ""},
    ],
)  # fmt: skip
def test_another_way_to_fail_is_another_symptom(change: dict[str, Any]) -> None:
    """Any one of the facts tells them apart."""
    assert not GREETED.is_like(replace(GREETED, **change))


def test_what_a_server_says_may_be_left_out() -> None:
    """Its lines tell two mistakes apart, but are not the same everywhere; the check's own words are."""
    told = replace(GREETED, message="The server ended. It says:\nImportError: no attribute app, in the year 1.")
    again = replace(told, message="The server ended. It says:\nIt is a bad day; nothing is found here at all.")
    other = replace(told, message="The server hangs. Who can tell why? It says:\nImportError: no attribute app")
    assert not told.is_like(again)
    assert told.is_like(again, quoted=False)
    assert not told.is_like(other, quoted=False)
    assert are_alike({"a": told}, {"a": again}, quoted=False)
    assert not are_alike({"a": told}, {"a": again})


def test_all_checks_have_to_be_alike() -> None:
    """The same ones fail, and each of them in the same way."""
    other = replace(GREETED, kind="error")
    assert are_alike({"a": GREETED, "b": other}, {"b": other, "a": GREETED})
    assert not are_alike({"a": GREETED}, {"b": GREETED})
    assert not are_alike({"a": GREETED}, {"a": GREETED, "b": GREETED})
    assert not are_alike({"a": GREETED, "b": GREETED}, {"a": GREETED, "b": other})


def test_symptoms_can_be_recorded(tmp_path: Path) -> None:
    """What is written can be read, umlauts and all, and stands in the same order every time."""
    kata = a_kata(path=tmp_path)
    found = {"b": {"test_2": GREETED, "test_1": replace(GREETED, message="Grüße", statuses=(None,))}, "a": {}}
    write_symptoms(kata, found)
    text = (tmp_path / FILE).read_bytes()
    assert found == read_symptoms(kata)
    write_symptoms(kata, dict(reversed(found.items())))
    assert text == (tmp_path / FILE).read_bytes()
    assert "Grüße".encode() in text
    assert text.endswith(b"}\n")


@pytest.mark.parametrize(
    "text",
    [None, "", "[]", "{", '{"a": 3}', '{"a": {"test_1": 3}}', '{"a": {"test_1": {"kind": "error"}}}', "\xff"],
)
def test_a_record_of_no_use_is_none(tmp_path: Path, text: str | None) -> None:
    """Near misses are then known by their checks alone."""
    if text is not None:
        (tmp_path / FILE).write_bytes(text.encode("latin-1"))
    assert {} == read_symptoms(a_kata(path=tmp_path))
