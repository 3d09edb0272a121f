"""Checks of q029: JSON of the right types, and text where there is only text."""

import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told


@pytest.fixture
def lift(rng):
    """A good lift of this run, with all its keys."""
    start = datetime(2027, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59))
    return {
        "order": str(uuid.UUID(int=rng.getrandbits(128), version=4)),
        "kg": rng.randint(2, 39_999),
        "height": rng.randint(1, 60),
        "emergency": rng.choice([True, False]),
        "gear": rng.choice([1, 2, 3]),
        "mode": rng.choice(["normal", "creep"]),
        "note": rng.title(),
        "start": start.replace(tzinfo=timezone(timedelta(hours=rng.randint(1, 9)))).isoformat(),
        "hooks": {str(number): rng.randint(1, 40_000) for number in rng.numbers(2, 1, 60)},
    }


def comparable(answer):
    """The answer with one spelling for each UUID, moment and height, everything else as it came."""
    if not isinstance(answer, dict):
        return answer
    seen = dict(answer)
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        seen["order"] = str(uuid.UUID(answer["order"]))
    with suppress(KeyError, TypeError, ValueError, OverflowError):
        moment = datetime.fromisoformat(answer["start"])
        seen["start"] = moment.astimezone(UTC).isoformat() if moment.tzinfo else answer["start"]
    if type(answer.get("height")) is int:
        seen["height"] = float(answer["height"])
    return seen


def assert_taken(client, lift, why=""):
    """The lift is answered with 201 and comes back."""
    response = client.post("/lifts", json=lift)
    refused = refusal(response)
    assert response.status_code == 201, told(
        (
            any(f"body.{key}" in refused for key in ("order", "mode", "start")),
            f"A good lift was refused: {refused}. FastAPI parses the JSON first and hands Python values to the model. "
            "If the field is strict then, it insists on a UUID, a date-time or a member of an enum, and JSON only has texts.",
        ),
        (
            "body.hooks" in refused,
            f"A good lift was refused: {refused}. The keys of a JSON object are always texts, and a strict number takes "
            "no text.",
        ),
        (response.status_code == 422, f"A good lift was refused: {refused}. {why}".strip()),
        why,
    )
    expected = comparable({"note": "", "hooks": {}, **lift})
    assert comparable(response.json()) == exactly(expected), why


def assert_refused(client, lift, key, values, why):
    """Each of the values, alone in a lift that is good otherwise, is refused at its key."""
    for value in values:
        response = client.post("/lifts", json={**lift, key: value})
        assert refusal(response) == refused_at(f"body.{key}"), told(
            (response.status_code == 201, why),
            (
                refusal(response).startswith(refused_at(f"body.{key}") + "."),
                f"The place is not exactly `{key}`: with several types to choose from, each names the place where it failed.",
            ),
            f"Everything in this lift is right but `{key}`.",
        )


INSIDE_HOOKS = "422 inside body.hooks"


def refusal_of_hooks(response):
    """How the response refuses, in one word for all places at or below `hooks`."""
    words = refusal(response)
    places = words.removeprefix("422 at ").split(", ")
    inside = words.startswith("422 at ") and all(f"{place}.".startswith("body.hooks.") for place in places)
    return INSIDE_HOOKS if inside else words


def test_a_good_lift_is_taken(lift, client, rng):
    """A good lift is answered with 201 and comes back: any gear, both modes, a height with or without a point, a start with an offset or with `Z`, with or without `note` and `hooks`."""
    assert_taken(client, lift)
    lift["mode"] = "creep" if lift["mode"] == "normal" else "normal"
    lift["emergency"] = not lift["emergency"]
    for gear in (1, 2, 3):
        lift["gear"] = gear
        assert_taken(client, lift)
    lift["height"] = rng.randint(0, 59) + rng.randint(1, 9) / 10
    assert_taken(client, lift, "A height may have a point.")
    lift["start"] = lift["start"][:19] + "Z"
    assert_taken(client, lift, "`Z` is an offset, too: that of UTC.")
    del lift["note"], lift["hooks"]
    assert_taken(client, lift, "`note` and `hooks` may be left out.")


def test_numbers_are_numbers(lift, client):
    """`kg` and `height` are numbers of JSON, inside their limits, and never texts, lists or `null`. `kg` has no point, be it `80.0`."""
    for kg in (1, 40_000):
        assert_taken(client, {**lift, "kg": kg}, "The limits themselves are allowed.")
    assert_taken(client, {**lift, "height": 60}, "The upper limit itself is allowed.")
    for key in ("kg", "height"):
        why = f"By default pydantic turns a text of digits into a number. Where is `{key}` told not to?"
        assert_refused(client, lift, key, [str(lift[key]), "", "many"], why)
        assert_refused(client, lift, key, [[], [7], None], f"Only a number is a value for `{key}`.")
    assert_refused(client, lift, "kg", [80.0, 80.5], "A number with a point was taken for a whole one.")
    assert_refused(client, lift, "kg", [0, -1, 40_001], "`kg` is from 1 to 40000.")
    assert_refused(client, lift, "height", [0, 0.0, -0.1, 60.1, 61], "`height` is above 0 and at most 60.")


def test_true_is_not_one(lift, client, rng):
    """`true` is no number for `kg`, `height`, `gear` or a hook, and neither numbers nor texts are booleans for `emergency`."""
    assert_taken(client, lift)
    for key in ("kg", "height", "gear"):
        assert_refused(
            client,
            lift,
            key,
            [True, False],
            "In Python `True == 1`, and a bool is an int. A comparison, a conversion and `isinstance` all take `true`.",
        )
    response = client.post("/lifts", json={**lift, "hooks": {rng.digits(2): True}})
    assert refusal_of_hooks(response) == INSIDE_HOOKS, "`true` was taken for the load of a hook."
    assert_refused(
        client,
        lift,
        "emergency",
        [1, 0, 1.0, "true", "false", "no", "yes", "", None],
        "Something that is not `true` or `false` was made into one of them. Read the README's story again.",
    )


def test_gear_is_a_whole_number(lift, client):
    """`gear` is the number 1, 2 or 3. `1.0`, `"1"`, other numbers and `null` are refused."""
    assert_taken(client, {**lift, "gear": 1})
    assert_refused(
        client,
        lift,
        "gear",
        [1.0, 2.0],
        "`1.0 == 1` in Python: a comparison takes it, and so does a conversion. As a type it is something else.",
    )
    assert_refused(client, lift, "gear", ["1", "two", None], "Only a number is a gear.")
    assert_refused(client, lift, "gear", [0, 4, -1], "There are the gears 1, 2 and 3.")


def test_texts_are_texts(lift, client, rng):
    """`note`, `order` and `mode` are texts, `order` a UUID and `mode` one of its two words; a number or `null` is refused."""
    assert_taken(client, lift)
    for key in ("note", "order", "mode"):
        assert_refused(client, lift, key, [5, None, True, [lift[key]]], f"Only a text is a value for `{key}`.")
    assert_refused(client, lift, "mode", [rng.word(), ""], "`mode` is one of two words.")
    assert_refused(client, lift, "order", [rng.word(), ""], "`order` is the text of a UUID.")


def test_start_is_a_text_with_an_offset(lift, client, rng):
    """`start` is a text that holds a date-time with a UTC offset. Numbers, times without an offset, words and `null` are refused."""
    assert_taken(client, lift)
    assert_refused(
        client,
        lift,
        "start",
        [1_700_000_000, 1.5, 0],
        "A number was taken for the seconds since 1970. A field that is not strict takes *all* that pydantic can convert, "
        "numbers included.",
    )
    assert_refused(client, lift, "start", [lift["start"][:19]], "Without an offset, nobody knows which moment that is.")
    assert_refused(client, lift, "start", [rng.word(), "", None, True], "This is not a date-time.")


def test_hooks_have_numbers_for_keys(lift, client, rng):
    """The keys of `hooks` are texts of digits and come back as they were; each load is a number without a point, from 1 to 40000."""
    assert_taken(client, lift)
    assert_taken(client, {**lift, "hooks": {}})
    hook = rng.digits(2)
    assert_taken(client, {**lift, "hooks": {hook: 1, "7": 40_000}})
    for hooks, why in [
        ({rng.word(): 80}, "The key is a word, and a hook has a number."),
        ({f"{hook}a": 80}, "The key is not a number."),
        (
            {hook: "80"},
            "A text was taken for the load of a hook. The type of a dictionary's values needs to be strict, too.",
        ),
        (
            {hook: 5.0},
            "`5.0` was taken for the load of a hook. The type of a dictionary's values needs to be strict, too.",
        ),
        ({hook: None}, "`null` was taken for the load of a hook."),
        ({hook: 0}, "A load has the rules of `kg`: 0 is too little."),
        ({hook: 40_001}, "A load has the rules of `kg`: this is too much."),
        (None, "`hooks` may be left out, but `null` is no value."),
        ([], "`hooks` is an object."),
    ]:
        response = client.post("/lifts", json={**lift, "hooks": hooks})
        assert refusal_of_hooks(response) == INSIDE_HOOKS, told(
            (response.status_code == 201, why),
            'Only `hooks` is wrong here, so each `loc` begins with ["body", "hooks"].',
        )


def test_all_faults_come_at_once_and_typos_too(lift, client, rng):
    """All faults of a body come in one answer: wrong types, missing keys, and keys that nobody knows. A body that is no JSON is refused, too."""
    typo = rng.word()
    wrong = {**lift, "kg": [lift["kg"]], "emergency": "perhaps", "note": 5, typo: 1}
    response = client.post("/lifts", json=wrong)
    assert refusal(response) == refused_at("body.kg", "body.emergency", "body.note", f"body.{typo}"), told(
        (
            refusal(response) == refused_at("body.kg", "body.emergency", "body.note"),
            f"Nobody knows the key `{typo}`, and it was passed over in silence.",
        ),
        f"Three values have the wrong type, and nobody knows the key `{typo}`.",
    )
    response = client.post("/lifts", json={})
    required = ("order", "kg", "height", "emergency", "gear", "mode", "start")
    assert refusal(response) == refused_at(*(f"body.{key}" for key in required)), (
        "Only `note` and `hooks` may be left out."
    )
    response = client.post("/lifts", content='{"kg": 80, ', headers={"content-type": "application/json"})
    assert response.status_code == 422, "This body breaks off: it is no JSON."


def test_the_preview_reads_text(client, rng):
    """`GET /lifts/preview` reads `kg`, `emergency` and `gear` from the texts of the query, in FastAPI's usual spellings, and refuses what is wrong at `["query", <key>]`."""
    kg, gear = rng.randint(2, 39_999), rng.choice([2, 3])
    for query, expected in [
        ({"kg": kg, "emergency": "true", "gear": gear}, {"kg": kg, "emergency": True, "gear": gear}),
        ({"kg": kg}, {"kg": kg, "emergency": False, "gear": 1}),
        ({"kg": 1, "emergency": "1"}, {"kg": 1, "emergency": True, "gear": 1}),
        ({"kg": 40_000, "emergency": "yes"}, {"kg": 40_000, "emergency": True, "gear": 1}),
        ({"kg": kg, "emergency": "off", "gear": 1}, {"kg": kg, "emergency": False, "gear": 1}),
        ({"kg": kg, "emergency": "false"}, {"kg": kg, "emergency": False, "gear": 1}),
    ]:
        response = client.get("/lifts/preview", params=query)
        assert response.status_code == 200, told(
            (
                response.status_code == 422,
                f"A good address was refused: {refusal(response)}. In an address everything is text, so a strict number or "
                "boolean never finds what it wants there.",
            ),
        )
        assert response.json() == exactly(expected)
    for key, value in [
        ("kg", "abc"),
        ("kg", "80.5"),
        ("kg", "0"),
        ("kg", "40001"),
        ("gear", "0"),
        ("gear", "4"),
        ("gear", rng.word()),
        ("emergency", "perhaps"),
    ]:
        response = client.get("/lifts/preview", params={"kg": kg, key: value})
        assert refusal(response) == refused_at(f"query.{key}"), f"`{key}={value}` is wrong, and nothing else is."
    response = client.get("/lifts/preview", params={"gear": gear})
    assert refusal(response) == refused_at("query.kg"), "`kg` is required."
