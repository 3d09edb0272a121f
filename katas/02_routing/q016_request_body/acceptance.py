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


def refuses_what_is_no_object(client, path, body):
    """Sends what is no JSON object, made from a good body, and wants it to be refused."""
    text = json.dumps(body)
    for what, content, headers in (
        ("There is no body.", b"", {}),
        ("The JSON is broken: its last bracket is missing.", text[:-1], JSON),
        ("The body is an array, not an object.", f"[{text}]", JSON),
        ("The body is null.", "null", JSON),
        ("The body does not say that it is JSON: there is no content type.", text.encode(), {}),
        ("The body says that it is plain text, not JSON.", text, {"content-type": "text/plain"}),
    ):
        response = client.post(path, content=content, headers=headers)
        assert in_the_body(response) == "422, every place in the body", told(
            (
                response.status_code == 500,
                f"{what} Your function met it unprepared, as happens when it reads the body by itself.",
            ),
            (
                response.status_code == 200 and headers == {} and content != b"",
                f"{what} It was taken for JSON all the same. FastAPI does so only with its strict content type "
                "switched off; it also happens if a function reads the body by itself.",
            ),
            (response.status_code == 200, f"{what} It went through all the same."),
            (
                "query." in refusal(response),
                f"{what} That is a fault of the body alone, but something is said to be missing in the query, too.",
            ),
            what,
        )


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
            (
                refused == refused_at("query.urgent") and not query,
                "`urgent` may be left out, and then counts as false.",
            ),
            (
                "body.urgent" in refused,
                "`urgent` is looked for in the body. It stands in the query, beside the path.",
            ),
        )
        assert response.json() == exactly({"workshop": workshop, "urgent": urgent, "repair": repair})


def test_notes_may_be_left_out(client, workshop, repair):
    """A repair without `notes` is accepted, and its notes are the empty text."""
    del repair["notes"]
    response = client.post(f"/workshops/{workshop}/repairs", json=repair)
    assert response.status_code == 200, told(
        (
            refusal(response) == refused_at("body.notes"),
            "The notes are said to be missing. What may be left out is decided by a default, not by the type.",
        ),
    )
    assert response.json() == exactly({"workshop": workshop, "urgent": False, "repair": {**repair, "notes": ""}}), told(
        ('"notes":null' in response.text.replace(" ", ""), "Notes that are left out are an empty text, not null."),
        ('"notes"' not in response.text, "What was left out is to be there in the answer, as an empty text."),
    )


def test_values_are_converted_and_extras_dropped(client, workshop, repair, rng):
    """A budget written as text comes back as a number, be it ever so small. Texts come back unchanged, empty ones too. Keys that do not belong to a repair do not come back."""
    usual = {**repair, "budget": str(repair["budget"])}
    tiny = {"instrument": "", "budget": f"0.00{rng.randint(11, 49)}", "notes": f" {rng.word()} "}
    extra = rng.word(4)
    for sent in (usual, {**usual, extra: rng.word()}, tiny):
        response = client.post(f"/workshops/{workshop}/repairs", json=sent)
        refused = refusal(response)
        assert response.status_code == 200, told(
            (refused == refused_at("body.budget") and sent is tiny, "The budget is small, but it is above 0."),
            (refused == refused_at("body.budget"), "A number that is written as text is to be converted, not refused."),
            (refused == refused_at("body.instrument"), "The instrument is the empty text, and that is a text, too."),
            (refused == refused_at(f"body.{extra}"), f"`{extra}` does not belong to a repair. It is to be ignored."),
        )
        understood = {name: float(sent[name]) if name == "budget" else sent[name] for name in repair}
        assert response.json() == exactly({"workshop": workshop, "urgent": False, "repair": understood}), told(
            (
                json.dumps(sent["budget"]) in response.text,
                "The budget is still the text that was sent. The body itself is never changed: Pydantic makes a new object "
                "of it, with converted values. Which of the two is in your answer?",
            ),
            (
                f'"{extra}"' in response.text,
                f"`{extra}` is no key of a repair. It is to be ignored, and not to come back.",
            ),
            "The repair in the answer differs from the contract.",
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
    """When a repair is taken in, no body, broken JSON, an array, `null`, and JSON without a content type or as `text/plain` are refused with 422, every place beginning with `"body"`."""
    refuses_what_is_no_object(client, f"/workshops/{workshop}/repairs", repair)


def test_a_referral_has_two_parts_in_one_body(client, workshop, repair, rng):
    """`POST /workshops/{workshop}/referrals` takes a body with the keys `repair` and `to_workshop`, and answers both with `from_workshop`."""
    target = rng.word()
    short = {key: value for key, value in repair.items() if key != "notes"}
    extra = {rng.word(4): rng.word()}
    for sent, beside, understood in ((repair, {}, repair), (short | extra, extra, {**short, "notes": ""})):
        response = client.post(
            f"/workshops/{workshop}/referrals", json={"repair": sent, "to_workshop": target} | beside
        )
        refused = refusal(response)
        assert response.status_code == 200, told(
            (
                "query.to_workshop" in refused,
                "`to_workshop` is looked for in the query: that is where FastAPI looks for a lone text, unless you say "
                "that it belongs to the body.",
            ),
            (next(iter(extra)) in refused, "Keys that are in no contract are no fault. They are to be ignored."),
            (
                refused == refused_at("body.repair.notes"),
                "The notes are said to be missing. A repair in a referral may leave them out, too.",
            ),
            (
                refused.startswith("422 at body"),
                "The body has the keys `repair` and `to_workshop`, and this is not what your route looks for.",
            ),
        )
        assert response.json() == exactly({"from_workshop": workshop, "to_workshop": target, "repair": understood})


def test_mistakes_in_a_referral_name_their_part(client, workshop, repair, rng):
    """A fault in a referral is refused with 422 at its part: `["body", "repair", "budget"]` and the like, `["body", "to_workshop"]` if it is missing or no text, `["body", "repair"]` if that is missing. A body that is no JSON object is refused here, too."""
    target, number = rng.word(), rng.randint(1, 99)
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
            f"`to_workshop` is {number}, not a text.",
            {"repair": repair, "to_workshop": number},
            {},
            ("body.to_workshop",),
        ),
        ("`to_workshop` is null, not a text.", {"repair": repair, "to_workshop": None}, {}, ("body.to_workshop",)),
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
                "`to_workshop` is missing in the body, and the answer does not say so. What stands in the query does not count.",
            ),
            what,
        )
    refuses_what_is_no_object(client, f"/workshops/{workshop}/referrals", {"repair": repair, "to_workshop": target})


def test_the_docs_show_both_bodies(docs):
    """The docs show for both routes a required JSON body with its properties, and as parameters only `workshop` (path) and, for repairs, `urgent` (query)."""
    repairs, referrals = "/workshops/{workshop}/repairs", "/workshops/{workshop}/referrals"

    def shape(schema):
        schema = schema or {}
        return {"properties": sorted(schema.get("properties", {})), "required": sorted(schema.get("required", []))}

    repair = {"properties": ["budget", "instrument", "notes"], "required": ["budget", "instrument"]}

    def without_a_required_body(path):
        return told(
            (
                docs.body("post", path) is None,
                "The docs know of no JSON body here. They learn of it from the parameters of your function.",
            ),
            "The docs say that the body may be left out.",
        )

    assert docs.places("post", repairs) == {"workshop": "path, required", "urgent": "query, optional"}
    assert docs.body_required("post", repairs) is True, without_a_required_body(repairs)
    assert shape(docs.body("post", repairs)) == repair, told(
        (
            shape(docs.body("post", repairs))["properties"] == [],
            "The docs know that there is a body, but not what is in it. They can only show the fields of a type that has "
            "fields.",
        ),
        "The docs describe the body of `repairs` otherwise than the contract.",
    )
    assert docs.places("post", referrals) == {"workshop": "path, required"}
    assert docs.body_required("post", referrals) is True, without_a_required_body(referrals)
    referral = docs.body("post", referrals) or {}
    assert shape(referral) == {"properties": ["repair", "to_workshop"], "required": ["repair", "to_workshop"]}, (
        "The docs describe the body of `referrals` otherwise than the contract."
    )
    assert shape(referral["properties"]["repair"]) == repair, (
        "The docs describe the repair in a referral otherwise than the contract."
    )
