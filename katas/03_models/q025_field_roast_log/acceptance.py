"""Checks of q025: what a field is called, what it may hold, and what the docs say about it."""

import string
from datetime import UTC, datetime, timedelta, timezone

import pytest

from pytest_fastapi_kata.checks import refusal, refused_at, told

SENT = ["batchNo", "greenGrams", "notes", "roastedAt", "roastedGrams", "temp"]
REQUIRED = ["batchNo", "greenGrams", "roastedGrams", "temp"]
ANSWERED = ["batch", "degrees", "greenGrams", "lossPercent", "notes", "roastedAt", "roastedGrams"]


@pytest.fixture
def a_roast(rng):
    """Makes up a good record, as the machine sends it, without one key if that is named; what is given replaces the rest."""

    def make(without=None, **changes):
        green, roasted = grams(rng)
        record = {
            "batchNo": "".join(rng.choices(string.ascii_uppercase, k=2)) + f"-{rng.randint(0, 9999):04}",
            "temp": rng.randint(15_100, 25_900) / 100,
            "greenGrams": green,
            "roastedGrams": roasted,
            "notes": rng.words(rng.randint(1, 3)),
            "roastedAt": a_moment(rng).isoformat(),
        }
        return {key: value for key, value in (record | changes).items() if key != without}

    return make


def grams(rng, *, gain=False):
    """Green and roasted weight, whose loss in percent is not near a tie of its rounding."""
    while True:
        green = rng.randint(2000, 28_000)
        roasted = green + rng.randint(200, 1500) * (1 if gain else -1)
        if abs(1000 * (green - roasted) / green % 1 - 0.5) > 0.05:
            return green, roasted


def loss(green, roasted):
    return round(100 * (green - roasted) / green, 1)


def about_the_loss(got, green, roasted):
    """What is told about a wrong loss in an answer; nothing if it is wrong in a way of its own."""
    found = got.get("lossPercent") if isinstance(got, dict) else None
    if not isinstance(found, int | float) or found == loss(green, roasted):
        return ""
    return told(
        (
            abs(found - loss(green, roasted)) < 0.06,
            "`lossPercent` is right but for its decimals: one of them, and rounded.",
        ),
        (
            found in (round(100 * (green - roasted) / roasted, 1), 100 * (green - roasted) / roasted),
            "`lossPercent` is the share of the roasted weight here. It is to be the share of what went in.",
        ),
    )


def a_moment(rng):
    zone = timezone(timedelta(hours=rng.randint(-5, 9)))
    return datetime(2026, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59), tzinfo=zone)


def moment(text):
    """The date-time that a text holds, or None."""
    try:
        return datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def in_utc(text):
    """A date-time with an offset in one certain notation; anything else as it is."""
    found = moment(text)
    return text if found is None or found.tzinfo is None else found.astimezone(UTC).isoformat()


def time_in(response):
    """The date-time at `roastedAt`, and what kind it is, in words."""
    answered = picked(response, "roastedAt")
    found = moment(answered["roastedAt"]) if isinstance(answered, dict) else None
    if found is None:
        return None, "no date-time"
    if found.utcoffset() is None:
        return found, "a date-time without an offset"
    return found, "a date-time in UTC" if found.utcoffset() == timedelta(0) else "a date-time with another offset"


def picked(response, *keys):
    """These keys of an answer; an answer that is no object as it is."""
    got = response.json()
    return {key: got.get(key, "(no such key)") for key in keys} if isinstance(got, dict) else got


def next_moment():
    """The clock's time after its next tick."""
    now = datetime.now(UTC)
    while datetime.now(UTC) == now:
        pass
    return datetime.now(UTC)


def test_a_roast_is_answered_under_the_websites_names(client, a_roast):
    """`POST /roasts` with a record under the machine's names answers 201 with the same values under the website's names, and with no other keys."""
    for notes in (None, []):
        sent = a_roast() if notes is None else a_roast(notes=notes)
        response = client.post("/roasts", json=sent)
        assert response.status_code == 201, told(
            (response.status_code == 422, "This record keeps every rule, and it was refused."),
        )
        got = response.json()
        keys = sorted(got) if isinstance(got, dict) else [f"(no object, but {got})"]
        assert keys == ANSWERED, told(
            (
                "batchNo" in keys or "temp" in keys,
                "The machine's names came back. A name for the way in need not be the name for the way out.",
            ),
            (
                set(keys) < set(ANSWERED),
                f"The answer lacks {', '.join(f'`{key}`' for key in ANSWERED if key not in keys)}.",
            ),
            "These are not the keys that the website knows.",
        )
        assert got | {"roastedAt": in_utc(got["roastedAt"])} == {
            "batch": sent["batchNo"],
            "degrees": sent["temp"],
            "greenGrams": sent["greenGrams"],
            "roastedGrams": sent["roastedGrams"],
            "notes": sent["notes"],
            "roastedAt": in_utc(sent["roastedAt"]),
            "lossPercent": loss(sent["greenGrams"], sent["roastedGrams"]),
        }, about_the_loss(got, sent["greenGrams"], sent["roastedGrams"]) or (
            "The keys are right, but not all values. What was sent comes back as it is, and the loss is calculated."
        )


def test_limits_of_numbers(client, a_roast, rng):
    """`temp` is a number above 150 and at most 260, `greenGrams` a whole number from 100 to 30000, `roastedGrams` a whole number of at least 1. Anything else, null included, is refused with 422 at `["body", <key sent>]`."""
    for key, value in [
        ("temp", 150.01),
        ("temp", 260),
        ("greenGrams", 100),
        ("greenGrams", 30_000),
        ("roastedGrams", 1),
    ]:
        response = client.post("/roasts", json=a_roast(**{key: value}))
        assert response.status_code == 201, f"`{key}` is {value}, and that is still good."
    for key, value, reason in [
        ("temp", 150, "150 is not above 150"),
        ("temp", 260.5, "260.5 is more than 260"),
        ("temp", rng.word(), "it is a word"),
        ("greenGrams", 99, "99 is less than 100"),
        ("greenGrams", 30_001, "30001 is more than 30000"),
        ("greenGrams", 500.5, "500.5 is no whole number"),
        ("roastedGrams", 0, "0 is less than 1"),
        ("roastedGrams", 1.5, "1.5 is no whole number"),
        ("roastedGrams", rng.word(), "it is a word"),
        *((key, None, "it is null") for key in REQUIRED),
    ]:
        response = client.post("/roasts", json=a_roast(**{key: value}))
        assert refusal(response) == refused_at(f"body.{key}"), f"Only `{key}` is wrong in this record: {reason}."


def test_batch_numbers_have_a_form(client, a_roast):
    """`batchNo` is two capital letters A-Z, a hyphen and four digits 0-9, with nothing before or after. Anything else is refused with 422 at `["body", "batchNo"]`."""
    good = a_roast()
    number = good["batchNo"]
    for bad, reason in [
        (number.lower(), "its letters are small"),
        (number[:-1], "it has three digits"),
        (number.replace("-", ""), "it has no hyphen"),
        (number[1:], "it has one letter"),
        (f"X{number}", "something stands before it"),
        (f"{number}0", "something stands after it"),
        (f" {number}", "a blank stands before it"),
        (f"{number}\n", "a line end stands after it"),
        (f"{number[:-1]}٣", "its last digit is not one of 0-9. `\\d` means the digits of every script"),
        (f"ÄÖ{number[2:]}", "its letters are not from A-Z"),
    ]:
        response = client.post("/roasts", json=good | {"batchNo": bad})
        assert refusal(response) == refused_at("body.batchNo"), told(
            (response.status_code == 201, f"{bad!r} was let through, but {reason}."),
            f"{bad!r} is no batch number: {reason}.",
        )
    assert client.post("/roasts", json=good).status_code == 201, f"“{number}” is a good batch number."


def test_notes_are_limited_in_number_and_length(client, a_roast, rng):
    """`notes` are at most 3 texts of 1 to 60 characters each. Too many are refused with 422 at `["body", "notes"]`, a single bad one at `["body", "notes", <index>]`."""
    confused = "The limit of the list is one thing, the limit of each entry is another."
    for notes in (rng.words(3), ["n" * 60], ["n"], []):
        response = client.post("/roasts", json=a_roast(notes=notes))
        assert response.status_code == 201, f"Not too many notes ({len(notes)}), none too short or too long. {confused}"
    for notes, place, reason in [
        (rng.words(4), "", "There are 4 notes."),
        ([rng.word(), ""], ".1", "The second note is empty."),
        (["n" * 61, rng.word()], ".0", "The first note has 61 characters."),
    ]:
        response = client.post("/roasts", json=a_roast(notes=notes))
        assert refusal(response) == refused_at(f"body.notes{place}"), f"{reason} {confused}"


def test_only_the_machines_names_count(client, a_roast, rng):
    """On the way in, only the machine's names count. A required key that is missing is refused with 422 at `["body", <key>]`; keys that the machine does not know are ignored, and `batch` and `degrees` are such keys."""
    for key in REQUIRED:
        response = client.post("/roasts", json=a_roast(without=key))
        assert refusal(response) == refused_at(f"body.{key}"), f"`{key}` is missing in this record."
    for key, answered in (("batchNo", "batch"), ("temp", "degrees")):
        good = a_roast()
        renamed = {name: value for name, value in good.items() if name != key} | {answered: good[key]}
        response = client.post("/roasts", json=renamed)
        assert refusal(response) == refused_at(f"body.{key}"), told(
            (
                response.status_code == 201,
                f"`{answered}` was taken for `{key}`. That is the website's name; the machine does not have it.",
            ),
            f"`{answered}` was sent in place of `{key}`. So `{key}` is missing, and `{answered}` is one of the keys that are "
            "ignored.",
        )
    good = a_roast()
    other = a_roast()
    response = client.post("/roasts", json=good | {"batch": other["batchNo"], "degrees": 999, rng.word(): rng.word()})
    assert response.status_code == 201, (
        "All the machine's keys are there and good; keys that it does not know are ignored."
    )
    assert picked(response, "batch", "degrees") == {
        "batch": good["batchNo"],
        "degrees": good["temp"],
    }, "The machine's names were sent together with the website's, and the website's won."


def test_left_out_time_is_the_time_of_the_request(client, a_roast, rng):
    """A `roastedAt` that is left out is the time of this very request, in UTC. One that is given comes back as the same moment; one without an offset is refused with 422 at `["body", "roastedAt"]`. Null is refused in the same way, or taken as left out."""
    for _ in range(2):
        before = next_moment()
        response = client.post("/roasts", json=a_roast(without="roastedAt"))
        after = datetime.now(UTC)
        assert response.status_code == 201, "`roastedAt` may be left out."
        found, what = time_in(response)
        assert what == "a date-time in UTC", told(
            (
                what == "a date-time without an offset",
                "`roastedAt` was left out, and a time was filled in that does not say which clock it was read from.",
            ),
            "`roastedAt` was left out. The time of the request stands in for it, and its offset is that of UTC.",
        )
        when = "before" if found < before else "after" if found > after else "during"
        away = (found - before).total_seconds()
        assert f"{when} the request" == "during the request", told(
            (
                abs(away) > 1500,
                f"The time in the answer is about {abs(away) / 3600:.1f} hours {when} the request. It seems to be the time of "
                "another place, only labelled as UTC.",
            ),
            (
                when == "before" and found.microsecond % 1000 == 0,
                "The time in the answer is a little too early, and it ends in zeros. It seems to be rounded.",
            ),
            (
                when == "before",
                f"The time in the answer is {-away:.6f} seconds older than the request. Is it made anew for each request, or "
                "was it made once, perhaps when the file was loaded?",
            ),
            "The time in the answer had not come yet when the answer was there.",
        )
    given = a_moment(rng).isoformat()
    response = client.post("/roasts", json=a_roast(roastedAt=given))
    assert response.status_code == 201, "`roastedAt` is given, with an offset."
    found, what = time_in(response)
    assert what in ("a date-time in UTC", "a date-time with another offset"), "`roastedAt` was given, with an offset."
    assert in_utc(found.isoformat()) == in_utc(given), "A time that was given has to come back as the same moment."
    for bad, reason in (
        (given[:19], "without an offset nobody knows which moment this is"),
        (rng.word(), "it is a word"),
    ):
        response = client.post("/roasts", json=a_roast(roastedAt=bad))
        assert refusal(response) == refused_at("body.roastedAt"), f"Only `roastedAt` is wrong in this record: {reason}."
    response = client.post("/roasts", json=a_roast(roastedAt=None))
    if refusal(response) != refused_at("body.roastedAt"):
        assert response.status_code == 201, (
            "Null was sent for `roastedAt`. It may be refused there, or taken as left out."
        )
        _, what = time_in(response)
        assert what == "a date-time in UTC", "Null was taken for a good `roastedAt`. The website wants a time."


def test_left_out_notes_are_empty_each_time(client, a_roast, rng):
    """`notes` that are left out are an empty list, whatever the requests before had. Null for `notes` is refused with 422 at `["body", "notes"]`, or taken as left out."""
    for notes in (None, rng.words(2), None):
        response = client.post("/roasts", json=a_roast(without="notes") if notes is None else a_roast(notes=notes))
        assert response.status_code == 201, "`notes` may be left out." if notes is None else "These notes are good."
        expected = {"notes": [] if notes is None else notes}
        assert picked(response, "notes") == expected, told(
            (notes is None, "`notes` were left out."),
        )
    response = client.post("/roasts", json=a_roast(notes=None))
    if refusal(response) != refused_at("body.notes"):
        assert response.status_code == 201, "Null was sent for `notes`. It may be refused there, or taken as left out."
        assert picked(response, "notes") == {"notes": []}, "Null was taken for good notes. The website wants a list."


def test_loss_is_computed(client, a_roast, rng):
    """`lossPercent` is `100 * (greenGrams - roastedGrams) / greenGrams`, rounded to one decimal; a `lossPercent` that is sent changes nothing."""
    for gain in (False, True, False):
        green, roasted = grams(rng, gain=gain)
        sent = a_roast(greenGrams=green, roastedGrams=roasted)
        claimed = rng.randint(30, 90)
        response = client.post("/roasts", json=sent | {"lossPercent": claimed} if gain else sent)
        assert response.status_code == 201, told(
            (gain, "The batch weighs more than before, and a `lossPercent` was sent. Neither is against the rules."),
            "This record keeps every rule.",
        )
        expected = {"lossPercent": loss(green, roasted)}
        got = picked(response, "lossPercent")
        assert got == expected, about_the_loss(got, green, roasted) or told(
            (
                gain and got == {"lossPercent": claimed},
                "The `lossPercent` that was sent came back. It is to be calculated.",
            ),
            f"{green} g of green coffee became {roasted} g of roasted.",
        )


def test_the_docs_tell_it(docs):
    """In the OpenAPI document, the schema of the request has exactly the keys sent, requires the four required ones, and tells the description, example and limits of `temp`, the `maxItems` of `notes` and a `pattern` for `batchNo`; the schema of the 201 answer has exactly the keys answered."""
    request = docs.body("post", "/roasts") or {}
    keys = request.get("properties", {})
    assert sorted(keys) == SENT, (
        "The schema of the request body has other keys in its `properties` than the machine sends."
    )
    assert sorted(request.get("required", [])) == REQUIRED, (
        "The schema of the request body has another list `required`."
    )
    temp = docs.not_null(keys["temp"])
    expected = {
        "description": "Bean temperature at drop in °C",
        "examples": [212.5],
        "exclusiveMinimum": 150,
        "maximum": 260,
    }
    found = {name: temp.get(name) for name in expected}
    # 150.0 is as good as 150, and need not look like a difference.
    found |= {name: int(value) for name, value in found.items() if isinstance(value, float) and value.is_integer()}
    assert found == expected, told(
        (
            temp.get("examples") is None and "example" in temp,
            "The schema of `temp` has an `example`. JSON Schema's word for it is `examples`, and that is a list.",
        ),
        "This is what the docs tell about `temp` in the request body.",
    )
    notes = docs.not_null(keys["notes"])
    assert {"maxItems": notes.get("maxItems")} == {"maxItems": 3}, "This is the schema of `notes` in the request body."
    pattern = docs.not_null(keys["batchNo"]).get("pattern")
    assert isinstance(pattern, str), "The schema of `batchNo` in the request body has no `pattern`."
    answer = docs.answer("post", "/roasts", 201) or {}
    assert sorted(answer.get("properties", {})) == ANSWERED, told(
        (
            "properties" not in answer,
            "The docs do not know the keys of the 201 answer. They learn them from a response model.",
        ),
        "The schema of the 201 answer has other keys in its `properties` than the website knows.",
    )
