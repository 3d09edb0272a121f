"""What judges is compared before and after."""

from __future__ import annotations

import builtins
import json

import pytest
from starlette.testclient import TestClient

from pytest_fastapi_kata.worker.machinery import Machinery, change_in_words


def test_nothing_changes_by_itself() -> None:
    """Two looks in a row find the same."""
    assert [] == Machinery().changes()


@pytest.mark.parametrize(
    ("holder", "name", "value", "told"),
    [
        (json, "loads", lambda text: text, "json.loads"),
        (builtins, "len", lambda value: 1, "builtins.len"),
        (TestClient, "request", lambda *rest: None, "starlette.testclient.TestClient.request"),
    ],
)
def test_a_replaced_function_is_named(
    holder: object, name: str, value: object, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a module, in builtins and in a class; put back, it counts as never changed."""
    machinery = Machinery()
    with monkeypatch.context() as patch:
        patch.setattr(holder, name, value)
        changes = machinery.changes()
    assert [told] == changes
    assert [] == machinery.changes()


def test_another_body_is_another_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that stays where it is, with code from elsewhere, is changed as well."""

    def of_mine(*rest, **more):
        return {}

    machinery = Machinery()
    with monkeypatch.context() as patch:
        patch.setattr(json.loads, "__code__", of_mine.__code__)
        changes = machinery.changes()
    assert ["json.loads"] == changes


def test_a_deleted_function_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is gone is not as it was."""
    machinery = Machinery()
    with monkeypatch.context() as patch:
        patch.delattr(json, "dumps")
        changes = machinery.changes()
    assert ["json.dumps"] == changes


def test_new_things_beside_are_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """An attribute that nothing knew before can deceive nobody."""
    machinery = Machinery()
    monkeypatch.setattr(TestClient, "of_mine", lambda self: None, raising=False)
    assert [] == machinery.changes()


def test_few_names_are_told() -> None:
    """Three by name, the others by their number, in a sentence that says what to do."""
    assert change_in_words(["json.loads"]).startswith("Your code has changed `json.loads`, which the checks rely on")
    assert "`a`, `b`, `c` and 2 more" in change_in_words(["a", "b", "c", "d", "e"])
