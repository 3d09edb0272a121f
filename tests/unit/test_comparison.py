"""Two values side by side, as a learner reads them."""

from __future__ import annotations

import json
from enum import IntEnum
from typing import Any

import pytest

from pytest_fastapi_kata.comparison import (
    DIFF_LINES,
    TEXT_LIMIT,
    Comparison,
    Exactly,
    Words,
    as_text,
    compare,
    json_text,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1), (None, None), ("a", "a"), ([], []), ({}, {}),
        ({"a": 1, "b": [1.5, None]}, {"b": [1.5, None], "a": 1}),
        ([{"a": True}], [{"a": True}]),
    ],
)  # fmt: skip
def test_exactly_equal(one: Any, other: Any) -> None:
    """The same shape and types; keys have no order."""
    assert Exactly(one) == other
    assert other == Exactly(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True), (1, 1.0), (0, False), ("1", 1), (None, 0), ([1], (1,)), ([1, 2], [1]), ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 1.0}), ({"a": [1]}, {"a": [True]}), ({"a": 1}, {"a": 1, "b": 2}), ({"a": 1}, [("a", 1)]),
    ],
)  # fmt: skip
def test_exactly_different(one: Any, other: Any) -> None:
    """Python's own equality is too kind to tell these apart."""
    assert Exactly(one) != other


def test_exactly_looks_like_its_value() -> None:
    """It is no value to keep, so it has no hash."""
    assert "{'a': 1}" == repr(Exactly({"a": 1}))
    with pytest.raises(TypeError, match="unhashable"):
        hash(Exactly(1))


def test_short_values_need_no_difference() -> None:
    """What came is got, what the contract wants is expected; both are JSON."""
    assert Comparison('{"a": null}', "[true]") == compare("==", [True], {"a": None})


@pytest.mark.parametrize(("left", "right"), [(Exactly(1.0), 1), (1.0, Exactly(1))])
def test_exact_values_are_shown_as_values(left: Any, right: Any) -> None:
    """On either side."""
    assert Comparison("1", "1.0") == compare("==", left, right)


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("!=", "anything but 3"), ("in", "one of 3"), ("not in", "none of 3"), ("is", "3"),
        ("is not", "anything but 3"), ("<", "a value < 3"), (">=", "a value >= 3"),
    ],
)  # fmt: skip
def test_other_operators_in_words(operator: str, expected: str) -> None:
    """The wanted side says what would have been right; there is no difference."""
    assert Comparison(expected, "4") == compare(operator, 4, 3)


def test_braces_in_a_value_are_no_placeholders() -> None:
    """The value is put into the words, not taken for them."""
    assert 'anything but ["{}", "{0}"]' == compare("!=", 4, ["{}", "{0}"]).expected


@pytest.mark.parametrize("right", ["words", b"words", ["w"], {"w": 1}])
def test_what_came_may_be_the_container(right: Any) -> None:
    """Where the right side is a text or JSON, it is what came, and the left side was to be in it."""
    assert Comparison('something with "word" in it', as_text(right)) == compare("in", "word", right)


@pytest.mark.parametrize("right", [("a", "b"), {"b"}])
def test_what_is_allowed_may_be_listed(right: Any) -> None:
    """A tuple or a set on the right side is what the contract allows."""
    assert Comparison(f"one of {as_text(right)}", '"word"') == compare("in", "word", right)


ITEMS = [f"item number {n}" for n in range(8)]


def test_long_values_have_a_difference() -> None:
    """Lines that are missing have a minus, those that are too many a plus; heads are left out."""
    shown = compare("==", [*ITEMS[:4], "another", *ITEMS[5:]], ITEMS)
    assert [
        '   "item number 2"', '   "item number 3"', '-  "item number 4"', '+  "another"',
        '   "item number 5"', '   "item number 6"',
    ] == list(shown.diff)  # fmt: skip


def test_the_order_of_keys_makes_no_difference() -> None:
    """Objects are shown in the order of the expected one, in lists as well."""
    wanted = [{"name": "a" * 40, "price": 1, "size": "b" * 40}]
    came = [{"size": "b" * 40, "extra": 2, "price": 1, "name": "a" * 40}]
    assert ['+    "extra": 2'] == [one for one in compare("==", came, wanted).diff if one[0] in "+-"]


def test_a_comma_makes_no_difference() -> None:
    """A line that gets a successor stays the same line."""
    changed = [one for one in compare("==", [*ITEMS, "more"], ITEMS).diff if one[0] in "+-"]
    assert ['+  "more"'] == changed


def test_a_list_longer_than_expected() -> None:
    """What has no counterpart is shown as it is."""
    shown = compare("==", [{"b": 1, "a": 2}, {"d": 1, "c": 2}], [{"a": 2, "b": 1}])
    assert '[{"a": 2, "b": 1}, {"d": 1, "c": 2}]' == shown.got


def test_a_short_value_beside_a_long_one_is_broken_into_lines() -> None:
    """So that the parts which are equal can be seen to be equal."""
    shown = compare("==", ITEMS[:2], ITEMS)
    assert ['   "item number 0"', '   "item number 1"', '-  "item number 2"'] == list(shown.diff[:3])
    assert not [one for one in shown.diff if one.startswith("+")]


def test_a_long_difference_is_cut() -> None:
    """It says how many lines there are more."""
    wanted = [f"this is {n}" for n in range(80)]
    diff = compare("==", [], wanted).diff
    assert DIFF_LINES + 1 == len(diff)
    # 80 lines and the two brackets go, one line of "[]" comes.
    assert f"… ({83 - DIFF_LINES} lines more)" == diff[-1]


class Silent:
    """A learner's class that cannot be shown."""

    def __repr__(self) -> str:
        msg = "no"
        raise RuntimeError(msg)


class Colour(IntEnum):
    RED = 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("ü\n", '"ü\\n"'),
        (Colour.RED, "1"),
        ({1, 2}, "{1, 2}"),
        ({(1, 2): 3}, "{(1, 2): 3}"),
        ({1: 2, None: 3}, '{"1": 2, "null": 3}'),
        (b"x", "b'x'"),
        (Silent(), "<Silent, whose repr raises RuntimeError>"),
        ([Silent()], "<list, whose repr raises RuntimeError>"),
        pytest.param(10**5000, "<int, whose repr raises ValueError>", id="huge"),
        (float("nan"), "NaN"),
    ],
)
def test_as_text(value: Any, text: str) -> None:
    """JSON where it is JSON, else Python's notation, else what can be said without it."""
    assert text == as_text(value)


def test_words_stand_for_themselves() -> None:
    """Without quotation marks; as texts they are compared like any other."""
    assert Comparison("422 at query.q", "200") == compare("==", Words("200"), Words("422 at query.q"))
    assert Words("200") == "200"


def test_a_list_within_itself_can_be_shown() -> None:
    """It ends, in Python's notation."""
    loop: list[Any] = [1]
    loop.append(loop)
    assert as_text(loop).startswith("[1, <Recursion on list")


def test_a_deep_value_can_be_shown() -> None:
    """Even where every writer gives up."""
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    assert as_text(deep)


def test_a_huge_value_is_cut() -> None:
    """It says how much there was; quotes are characters, too."""
    assert f'"{"x" * (TEXT_LIMIT - 2)}"' == as_text("x" * (TEXT_LIMIT - 2))
    assert f'"{"x" * (TEXT_LIMIT - 1)}… (2 characters more)' == as_text("x" * TEXT_LIMIT)


def test_json_on_one_line_if_it_fits() -> None:
    """The room counts the indent; what does not fit is broken at its outermost part."""
    assert '{"a": [1, 2]}' == json_text({"a": [1, 2]}, room=13)
    assert '{\n  "a": [1, 2]\n}' == json_text({"a": [1, 2]}, room=12)
    assert '{\n  "a": [\n    1, 2\n  ]\n}' == json_text({"a": [1, 2]}, room=7)
    assert '{\n  "a": [\n    "b",\n    "c"\n  ]\n}' == json_text({"a": ["b", "c"]}, room=7)


def test_what_cannot_be_broken_is_not_broken() -> None:
    """Long texts and empty containers stay whole."""
    assert '[\n  "xxxxxxxxxx",\n  [],\n  {}\n]' == json_text(["x" * 10, [], {}], room=3)


def test_set_json_is_still_the_same_json() -> None:
    """Keys that are no texts are written as json writes them."""
    value = {"ü": (1, None), 2: {"a\n": [True, 1.5]}, None: []}
    assert json.loads(json.dumps(value)) == json.loads(json_text(value, room=1))


def test_keys_that_json_cannot_tell_apart() -> None:
    """They are no JSON, so the caller chooses another notation."""
    with pytest.raises(ValueError, match="zip"):
        json_text({1: "a", "1": "b"}, room=1)


@pytest.mark.parametrize("value", [{1, 2}, [b"x"], {"a": Silent()}])
def test_what_is_no_json_is_refused(value: Any) -> None:
    """The caller chooses another notation."""
    with pytest.raises(TypeError):
        json_text(value)
