"""Checks of q016: path, query and body in one request."""

import json

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

JSON = {"content-type": "application/json"}


@pytest.fixture
def repair(rng):
    """A complete repair; its budget is a number that only a float can hold."""
    return {"instrument": rng.word(), "budget": rng.randint(20, 900) + 0.5, "notes": rng.title(3)}


@pytest.fixture
def workshop(rng):
    return rng.word()


def in_the_body(response):
    """How a response refuses, with the places taken together if all of them are in the body."""
    refused = refusal(response)
    places = refused.removeprefix("422 at ").split(", ")
    if all(place.split(".")[0] == "body" for place in places):
        return "422, every place in the body"
    return refused


def test_a_repair_comes_from_path_query_and_body(client, workshop, repair):
    """`POST /workshops/{workshop}/repairs` takes the workshop from the path, `urgent` from the query (false if absent) and the repair from the body, and answers all three."""
    for query, urgent in (({}, False), ({"urgent": "true"}, True), ({"urgent": "no"}, False)):
        response = client.post(f"/workshops/{workshop}/repairs", params=query, json=repair)
        refused = refusal(response)
        assert response.status_code == 200, told(
            (
                refused == refused_at("body.repair"),
                "Your route looks for a key `repair` in the body. The body is the repair itself, with nothing around it.",
            ),
            (
                "query.instrument" in refused or "query.budget" in refused,
                "The fields of the repair are looked for in the query. That is where FastAPI looks for single values.",
            ),
            ("urgent" in refused, "`urgent` may be left out, and then counts as false."),
        )
        assert response.json() == exactly({"workshop": workshop, "urgent": urgent, "repair": repair})


def test_notes_may_be_left_out(client, workshop, repair):
    """A repair without `notes` is accepted, and its notes are the empty text."""
    del repair["notes"]
    response = client.post(f"/workshops/{workshop}/repairs", json=repair)
    assert response.status_code == 200, told(
        (
            refusal(response) == refused_at("body.notes"),
            "The notes were missed. What may be left out is decided by a default, not by the type.",
        ),
    )
    assert response.json() == exactly({"workshop": workshop, "urgent": False, "repair": {**repair, "notes": ""}}), told(
        ('"notes":null' in response.text.replace(" ", ""), "Notes that are left out are an empty text, not null."),
        ('"notes"' not in response.text, "What was left out is to be there in the answer, as an empty text."),
    )


def test_values_are_converted_and_extras_dropped(client, workshop, repair, rng):
    """A budget written as text comes back as a number, and keys that do not belong to a repair do not come back."""
    sent = {**repair, "budget": str(repair["budget"]), rng.word(4): rng.word()}
    response = client.post(f"/workshops/{workshop}/repairs", json=sent)
    assert response.status_code == 200, told(
        (
            refusal(response) == refused_at("body.budget"),
            "A number that is written as text is to be converted, not refused.",
        ),
        (response.status_code == 422, "A key that does not belong to a repair is no fault. It is to be ignored."),
    )
    assert response.json() == exactly({"workshop": workshop, "urgent": False, "repair": repair}), told(
        (
            json.dumps(sent["budget"]) in response.text,
            "This is the body as it came. Pydantic makes a converted object of it: answer with that one.",
        ),
        "The repair in the answer has exactly the three keys of the contract, with converted values.",
    )


def test_every_mistake_in_the_body_is_reported(client, workshop, repair, rng):
    """A missing or wrong field is refused with 422 at its place, and one answer names all faults, that of `urgent` included."""
    number = rng.randint(1, 99)
    word = rng.word()
    cases = (
        ("The body is an empty object.", {}, {}, ("body.instrument", "body.budget")),
        (
            f"There is no instrument, and the budget is “{word}”.",
            {"budget": word},
            {},
            ("body.instrument", "body.budget"),
        ),
        ("The budget is 0, and a budget is above 0.", {**repair, "budget": 0}, {}, ("body.budget",)),
        (f"The budget is -{number}, and a budget is above 0.", {**repair, "budget": -number}, {}, ("body.budget",)),
        ("The notes are a number, not a text.", {**repair, "notes": number}, {}, ("body.notes",)),
        ("The notes are null, not a text.", {**repair, "notes": None}, {}, ("body.notes",)),
        (
            "The instrument is a number, not a text, and `urgent` is “perhaps”.",
            {**repair, "instrument": number},
            {"urgent": "perhaps"},
            ("body.instrument", "query.urgent"),
        ),
    )
    for what, body, query, places in cases:
        response = client.post(f"/workshops/{workshop}/repairs", params=query, json=body)
        assert refusal(response) == refused_at(*places), told(
            (response.status_code == 200, f"{what} It went through all the same."),
            (
                response.status_code == 500,
                f"{what} That is the caller's mistake, and your app broke. Who looks at the body before your function does?",
            ),
            (
                refusal(response) == refused_at("query.urgent"),
                f"{what} Only the fault in the query was found: FastAPI names all places together if it reads the body itself.",
            ),
            what,
        )


def test_body_fields_do_not_come_from_the_address(client, workshop, repair, rng):
    """What belongs to the repair is taken from the body alone: fields in the query are not looked at."""
    elsewhere = {"instrument": rng.word(), "budget": repair["budget"] + 1, "notes": rng.word()}
    response = client.post(f"/workshops/{workshop}/repairs", params=elsewhere)
    assert in_the_body(response) == "422, every place in the body", told(
        (
            response.status_code == 200,
            "There is no body, and the fields were taken from the query. Single values are query parameters unless "
            "they are declared as part of the body.",
        ),
    )
    response = client.post(f"/workshops/{workshop}/repairs", params=elsewhere, json=repair)
    assert response.status_code == 200
    assert response.json() == exactly({"workshop": workshop, "urgent": False, "repair": repair}), told(
        "Query and body say different things about the repair, and the body counts."
    )


def test_a_body_that_is_no_json_object_is_refused(client, workshop, repair):
    """No body, broken JSON, an array, `null`, and JSON without a content type or as `text/plain` are refused with 422, every place beginning with `"body"`."""
    text = json.dumps(repair)
    for what, content, headers in (
        ("There is no body.", b"", {}),
        ("The JSON is broken: its last bracket is missing.", text[:-1], JSON),
        ("The body is an array, not an object.", f"[{text}]", JSON),
        ("The body is null.", "null", JSON),
        ("The body does not say that it is JSON: there is no content type.", text.encode(), {}),
        ("The body says that it is plain text, not JSON.", text, {"content-type": "text/plain"}),
    ):
        response = client.post(f"/workshops/{workshop}/repairs", content=content, headers=headers)
        assert in_the_body(response) == "422, every place in the body", told(
            (
                response.status_code == 500,
                f"{what} Your function met it unprepared, as happens when it reads the body by itself.",
            ),
            (
                response.status_code == 200 and headers == {} and content != b"",
                f"{what} It was taken for JSON all the same: is FastAPI's strict content type switched off?",
            ),
            what,
        )


def test_a_referral_has_two_parts_in_one_body(client, workshop, repair, rng):
    """`POST /workshops/{workshop}/referrals` takes a body with the keys `repair` and `to_workshop`, and answers both with `from_workshop`."""
    target = rng.word()
    short = {key: value for key, value in repair.items() if key != "notes"}
    for sent, understood in ((repair, repair), ({**short, rng.word(4): rng.word()}, {**short, "notes": ""})):
        response = client.post(f"/workshops/{workshop}/referrals", json={"repair": sent, "to_workshop": target})
        refused = refusal(response)
        assert response.status_code == 200, told(
            (
                "query.to_workshop" in refused,
                "`to_workshop` is looked for in the query: that is where FastAPI looks for a lone text, unless you say "
                "that it belongs to the body.",
            ),
            (
                refused.startswith("422 at body."),
                "The body has two keys, `repair` and `to_workshop`, and your route looks for something else.",
            ),
        )
        assert response.json() == exactly({"from_workshop": workshop, "to_workshop": target, "repair": understood})


def test_mistakes_in_a_referral_name_their_part(client, workshop, repair, rng):
    """A fault in a referral is refused with 422 at its part: `["body", "repair", "budget"]`, `["body", "to_workshop"]`, or `["body", "repair"]` if that part is missing."""
    target = rng.word()
    cases = (
        (
            "The budget is below 0, and `to_workshop` stands in the query, not in the body.",
            {"repair": {**repair, "budget": -1}},
            {"to_workshop": target},
            ("body.repair.budget", "body.to_workshop"),
        ),
        (
            "The repair is an empty object.",
            {"repair": {}, "to_workshop": target},
            {},
            ("body.repair.instrument", "body.repair.budget"),
        ),
        (
            "The body is flat: the keys of the repair stand beside `to_workshop`.",
            {**repair, "to_workshop": target},
            {},
            ("body.repair",),
        ),
    )
    for what, body, query, places in cases:
        response = client.post(f"/workshops/{workshop}/referrals", params=query, json=body)
        assert refusal(response) == refused_at(*places), told(
            (response.status_code == 200, f"{what} It went through all the same."),
            (
                bool(query) and refusal(response) == refused_at("body.repair.budget"),
                "`to_workshop` was taken from the query. It is a part of the body, and is missing there.",
            ),
            what,
        )


def test_the_docs_show_both_bodies(docs):
    """The docs show for both routes a required JSON body with its properties, and as parameters only `workshop` (path) and, for repairs, `urgent` (query)."""
    repairs, referrals = "/workshops/{workshop}/repairs", "/workshops/{workshop}/referrals"

    def shape(schema):
        schema = schema or {}
        return {"properties": sorted(schema.get("properties", {})), "required": sorted(schema.get("required", []))}

    repair = {"properties": ["budget", "instrument", "notes"], "required": ["budget", "instrument"]}
    no_body = "The docs do not know the body of {}: they only learn of it when it is a parameter of your function."
    assert docs.places("post", repairs) == {"workshop": "path, required", "urgent": "query, optional"}
    assert docs.body_required("post", repairs) is True, no_body.format("a repair")
    assert shape(docs.body("post", repairs)) == repair, told(
        (
            shape(docs.body("post", repairs))["properties"] == [],
            "The docs know that there is a body, but not what is in it. A `dict` has no fields to show.",
        ),
        "This is what the docs say about the body of a repair.",
    )
    assert docs.places("post", referrals) == {"workshop": "path, required"}
    assert docs.body_required("post", referrals) is True, no_body.format("a referral")
    referral = docs.body("post", referrals) or {}
    assert shape(referral) == {"properties": ["repair", "to_workshop"], "required": ["repair", "to_workshop"]}, (
        "This is what the docs say about the body of a referral."
    )
    assert shape(referral["properties"]["repair"]) == repair, (
        "This is what the docs say about the repair in a referral."
    )
