"""Checks of q007: six methods on one address."""

from collections import Counter

from pytest_fastapi_kata.checks import exactly, headers_of, told

OFF = {"on": False, "colour": "white", "level": 0}
METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT"]


def some_light(rng, **fields):
    """A light of this run, switched on."""
    return {"on": True, "colour": rng.word(rng.randint(2, 8)), "level": rng.randint(1, 100), **fields}


def put(client, light):
    """Set the light by PUT, as a check's first step."""
    response = client.put("/light", json=light)
    assert response.status_code == 200, "The light was to be set with PUT first."
    return light


def test_get_shows_the_light_and_starts_off(client):
    """`GET /light` answers 200 and the light, which is off when the app has just started."""
    response = client.get("/light")
    assert response.status_code == 200
    assert response.json() == exactly(OFF), "The answer is the light itself, with its three keys."


def test_put_replaces_the_whole_light(client, rng):
    """`PUT /light` with all three fields answers 200 and the new light, and may be repeated. Without one of the fields, or with a `level` outside 0 to 100, it is a 422 and nothing changes."""
    for light in rng.shuffled([some_light(rng), some_light(rng, level=100), some_light(rng, on=False, level=0)]):
        for time in ("first", "second"):
            response = client.put("/light", json=light)
            assert response.status_code == 200, f"This is the {time} PUT of a whole light."
            assert response.json() == exactly(light), "PUT answers the light as it is now, and that is what was sent."
            assert client.get("/light").json() == exactly(light), told(
                "PUT answered the new light, and yet a GET shows another one. Did the change stay inside the function?",
            )
    wrong = [{key: value for key, value in some_light(rng).items() if key != left_out} for left_out in light]
    wrong += [some_light(rng, level=level) for level in (rng.randint(-90, -1), 101, rng.randint(102, 900))]
    for body in wrong:
        response = client.put("/light", json=body)
        assert response.status_code == 422, told(
            (
                len(body) < 3,
                "PUT carries the whole light, and here a field is missing. A request with a part of it is the affair of PATCH.",
            ),
            f"A level of {body.get('level')} is outside 0 to 100.",
        )
        assert client.get("/light").json() == exactly(light), (
            "The PUT before was refused, so the light stays as it was."
        )


def test_patch_changes_only_what_is_sent(client, rng):
    """`PATCH /light` with any of the fields, or none, answers 200 and the light, in which exactly those fields have changed; `false` and `0` count as sent. A `level` outside 0 to 100 is a 422 and changes nothing."""
    light = put(client, some_light(rng))
    parts = [
        {"colour": rng.word()},
        {"on": False},
        {"level": 0},
        {},
        {"on": True, "level": rng.randint(1, 100)},
        {"on": False, "level": 0},
        {"colour": rng.word(), "on": True},
    ]
    for part in parts:
        before, light = light, light | part
        response = client.patch("/light", json=part)
        assert response.status_code == 200, told(
            (
                response.status_code == 500,
                "An exception ended the request; it is shown below. In a `LightPatch`, a field that was not sent is None, and "
                "None is no part of a light.",
            ),
            (response.status_code == 422, "Each field may be left out of a PATCH, and all of them together as well."),
        )
        assert response.json() == exactly(light), _lost(response.json(), before, part)
        assert client.get("/light").json() == exactly(light), (
            "PATCH answered the right light, and yet a GET shows another one. Did the change stay inside the function?"
        )
    for level in (rng.randint(-90, -1), rng.randint(101, 900)):
        response = client.patch("/light", json={"level": level, "colour": rng.word()})
        assert response.status_code == 422, f"A level of {level} is outside 0 to 100, in a part of the light as well."
        assert client.get("/light").json() == exactly(light), (
            "The PATCH before was refused, so the light stays as it was."
        )


def _lost(got, before, part):
    got = got if isinstance(got, dict) else {}
    ignored = [key for key in part if got.get(key) != part[key]]
    changed = [key for key in before if key not in part and got.get(key) != before[key]]
    named = {key: part[key] for key in ignored}
    missing = [key for key in before if key not in got]
    return told(
        (bool(missing), f"PATCH answers the whole light, and this answer has no {' and no '.join(missing)}."),
        (
            bool(ignored) and not any(named.values()),
            f"Sent, and not taken over: {', '.join(ignored)}. `false` and `0` are sent just as well as any other value; "
            "what was sent and what counts as true are two questions.",
        ),
        (bool(ignored), f"Sent, and not taken over: {', '.join(ignored)}."),
        (
            bool(changed) and all(got.get(key, ...) is None for key in changed),
            f"Not sent, and null in the answer: {', '.join(changed)}. In a `LightPatch`, a field that was not sent is None.",
        ),
        (
            bool(changed),
            f"Not sent, and changed all the same: {', '.join(changed)}. What is not in a PATCH keeps the value that it had before.",
        ),
    )


def test_delete_resets_and_may_be_repeated(client, rng):
    """`DELETE /light` answers 204 without a body, and the light is as it was when the app started. A second `DELETE` is answered in the same way."""
    put(client, some_light(rng))
    response = client.delete("/light")
    assert response.status_code == 204, told(
        (
            response.status_code == 200 and response.text in ("", "null"),
            "200 is what a route answers unless its decorator says otherwise.",
        ),
        (
            response.status_code == 200,
            "204 means: done, and there is nothing to show. An answer that shows something is another one, 200.",
        ),
        (response.status_code == 405, "No route answers DELETE."),
    )
    client.patch("/light", json=some_light(rng))
    for time in ("first", "second"):
        response = client.delete("/light")
        assert (response.status_code, response.text) == (204, ""), (
            f"These are status and body of the {time} DELETE. The second is as good as the first, and a 204 carries nothing."
        )
        assert client.get("/light").json() == exactly(OFF), (
            "The light was changed, deleted, and now it is not as it was in the beginning. If a change was made in place, the "
            "thing that you go back to may have changed with it: two names, one object."
        )


def test_head_is_get_without_the_body(client, rng):
    """`HEAD /light` answers 200 without a body, with the `content-type` and the `content-length` that `GET` has at that moment."""
    for light in [None, some_light(rng, colour=rng.word(2)), some_light(rng, colour=rng.word(6))]:
        if light is not None:
            put(client, light)
        shown = client.get("/light")
        assert shown.status_code == 200
        head = client.head("/light")
        assert head.status_code == 200, told(
            (
                head.status_code == 405,
                "No route answers HEAD. Other frameworks add it to every GET route by themselves; FastAPI does not.",
            ),
        )
        assert head.text == "", "HEAD has no body."
        names = ["content-type", "content-length"]
        assert headers_of(head, names) == headers_of(shown, names), (
            "These headers of HEAD are to be those of a GET at the same moment: it tells what a GET would bring."
        )


def test_options_names_exactly_the_six_methods(client):
    """`OPTIONS /light` answers 204 without a body. Its header `Allow` names the six methods, separated by commas, and no others."""
    response = client.options("/light")
    assert response.status_code == 204, told(
        (
            response.status_code == 405,
            "No route answers OPTIONS. Nobody does it for you: the CORS middleware only answers the questions that browsers ask "
            "before a request to another site.",
        ),
    )
    allowed = sorted(method.strip() for method in response.headers.get("allow", "").split(",") if method.strip())
    assert allowed == METHODS, told(
        (not allowed, "There is no header `Allow` in this answer, or it is empty."),
        "These are the methods that the header `Allow` names, sorted.",
    )
    assert response.text == "", "A 204 carries no body."


def test_other_methods_are_405_and_change_nothing(client, rng):
    """Every other method, such as `POST`, `TRACE` or a made-up one, is answered with 405 and changes nothing, even with a good body."""
    light = put(client, some_light(rng))
    for method in ("POST", "TRACE", rng.word(4).upper()):
        response = client.request(method, "/light", json=some_light(rng))
        assert response.status_code == 405, told(
            (response.status_code < 400, f"{method} was let in. Only six methods have anything to do here."),
            f"{method} has nothing to do here, and that is what 405 says.",
        )
        assert client.get("/light").json() == exactly(light), (
            f"{method} was answered with 405, and yet it changed the light."
        )


def test_docs_list_each_operation_once(docs):
    """The docs list `get`, `put`, `patch` and `delete` for `/light`, perhaps `head` and `options`, and nothing else. No `operationId` occurs twice."""
    listed = docs.routes.get("/light", set()) - {"head", "options"}
    assert sorted(listed) == ["delete", "get", "patch", "put"], (
        "These operations are listed for /light, apart from head and options."
    )
    ids = Counter(
        docs.operation(method, path).get("operationId") for path, methods in docs.routes.items() for method in methods
    )
    assert {name: count for name, count in ids.items() if count > 1} == {}, (
        "These names occur more than once. One route with two methods has one name for both, and clients that are generated "
        "from the docs make one function out of two. (FastAPI also warns of it when it makes the docs.)"
    )
