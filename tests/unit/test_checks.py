"""Words for authors of checks."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from pytest_fastapi_kata.checks import (
    WatchedText,
    challenge,
    exactly,
    headers_of,
    picked,
    quoted,
    refusal,
    refused_at,
    told,
    value_at,
)


class Answer:
    """A response that says just this."""

    def __init__(self, status: int, body: Any = None, headers: dict[str, str] | None = None) -> None:
        self.status_code = status
        self.body = body
        self.headers = headers or {}

    def json(self) -> Any:
        if isinstance(self.body, Exception):
            raise self.body
        return self.body


def test_exactly_tells_numbers_from_truths() -> None:
    """Unlike Python."""
    assert exactly({"a": 1}) == {"a": 1}
    assert exactly({"a": 1}) != {"a": True}


@pytest.mark.parametrize(
    ("symptoms", "text"),
    [
        ([], ""),
        ([(False, "a"), (True, "b"), (True, "c")], "b"),
        ([(False, "a")], ""),
        ([(False, "a"), "else"], "else"),
        ([(True, "a"), "else"], "a"),
        (["at once", (True, "a")], "at once"),
    ],
)
def test_told(symptoms: list[Any], text: str) -> None:
    """The first symptom that is there; a bare text always is."""
    assert text == told(*symptoms)


def test_refused_at_has_an_order_of_its_own() -> None:
    """And each place once."""
    assert "422 at body.a, query.b" == refused_at("query.b", "body.a", "query.b")


def a_422(*places: list[Any]) -> Answer:
    """Return FastAPI's own refusal of these places."""
    return Answer(422, {"detail": [{"loc": place, "msg": "m", "type": "t"} for place in places]})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(200), "200"),
        (Answer(404, {"detail": "Not Found"}), "404"),
        (a_422(["query", "limit"]), "422 at query.limit"),
        (a_422(["body", "items", 0, "price"], ["body", "a"], ["body", "a"]), "422 at body.a, body.items.0.price"),
        (Answer(422, {"detail": "no"}), "422, but not in FastAPI's own form"),
        (Answer(422, {"detail": [3]}), "422, but not in FastAPI's own form"),
        (Answer(422, {"detail": [{"msg": "no"}]}), "422, but not in FastAPI's own form"),
        (Answer(422, {"detail": [{"loc": 3}]}), "422, but not in FastAPI's own form"),
        (Answer(422, {"detail": None}), "422, but not in FastAPI's own form"),
        (Answer(422, {"error": []}), "422, but not in FastAPI's own form"),
        (Answer(422, []), "422, but not in FastAPI's own form"),
        (Answer(422, ValueError("no JSON")), "422, but not in FastAPI's own form"),
        (Answer(422, AssertionError("no JSON")), "422, but not in FastAPI's own form"),
    ],
)
def test_refusal(answer: Answer, words: str) -> None:
    """A status, or the places of a 422."""
    assert words == refusal(answer)


def test_refusal_of_a_real_app() -> None:
    """FastAPI's own form is the one that is meant."""
    app = FastAPI()

    @app.get("/{number}")
    def read(number: int, limit: int) -> None: ...

    response = TestClient(app).get("/x")
    assert refused_at("path.number", "query.limit") == refusal(response)


@pytest.mark.parametrize(
    ("answer", "keys"),
    [
        ({"a": 1, "b": None, "c": 3}, {"a": 1, "b": None}),
        ({"a": 1}, {"a": 1, "b": "(left out)"}),
        ([1], [1]),
        ("text", "text"),
        (None, None),
    ],
)
def test_picked(answer: Any, keys: Any) -> None:
    """Keys that are asked for; what is no object is shown as it came."""
    assert keys == picked(Answer(200, answer), "a", "b")


@pytest.mark.parametrize(("answer", "value"), [({"a": 1}, 1), ({"b": 1}, None), ([], None), ("a", None), (None, None)])
def test_value_at(answer: Any, value: Any) -> None:
    """An answer of another form has no such value, and is no reason to stumble."""
    assert value == value_at(answer, "a")


def test_quoted() -> None:
    """As a message lists names."""
    assert ("`a`, `b`", "") == (quoted(["a", "b"]), quoted([]))


def test_headers_of() -> None:
    """Those that are asked for, present or not."""
    assert {"a": "1", "b": None} == headers_of(Answer(200, headers={"a": "1", "c": "2"}), ["a", "b"])


@pytest.mark.parametrize(
    ("header", "asked_for"),
    [("Bearer", "Bearer"), ('bearer realm="x"', "Bearer"), ("Basic", "Basic"), (None, None), ("", "")],
)
def test_a_challenge_is_its_scheme(header: str | None, asked_for: str | None) -> None:
    """Bearer in any case, whatever follows it; any other header as it is."""
    headers = {} if header is None else {"www-authenticate": header}
    assert asked_for == challenge(Answer(401, headers=headers))


def test_a_watched_text_notes_comparisons() -> None:
    """It is the text it was made of, and knows what it was held against."""
    text = WatchedText("held")
    assert (True, True) == (text == "held", text != "other")
    assert ["held", "other"] == text.compared
    assert not text.hashed
    assert "found" == {text: "found"}["held"]
    assert text.hashed
