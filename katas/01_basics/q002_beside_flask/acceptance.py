"""Checks of q002: one route is FastAPI's, the rest is Flask's."""

import sys
import traceback

import pytest
from flask import Response, jsonify, request, request_started

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

BUNDLED = ("starlette.middleware.wsgi", "fastapi.middleware.wsgi")


@pytest.fixture
def legacy(given, monkeypatch):
    """The kit's own copy of legacy.py, fresh for this check; neither bundled bridge is loaded yet."""
    for name in BUNDLED:
        package, _, module = name.rpartition(".")
        monkeypatch.delitem(sys.modules, name, raising=False)
        if package in sys.modules:
            monkeypatch.delattr(sys.modules[package], module, raising=False)
    return given("legacy")


@pytest.fixture
def seen_by_flask(legacy):
    """What Flask was asked, in its own words: a line for each request that reached it."""
    seen = []

    def note(sender, **_):
        seen.append(f"{request.method} {request.path}")

    request_started.connect(note, legacy.flask_app, weak=False)
    return seen


def some_locker(rng):
    return f"{rng.choice('ABCDEF')}{rng.randint(0, 99):02}"


def some_parcel(rng):
    return {"locker": some_locker(rng), "weight_g": rng.randint(2, 19_999), "fragile": rng.choice([True, False])}


def post(client, sent, stored, number):
    """Send a good parcel; the answer is the stored one, under that number."""
    response = client.post("/parcels", json=sent)
    assert response.status_code == 201, told(
        (
            response.status_code == 200 and isinstance(response.json(), list),
            "A tuple of answer and status is Flask's way. FastAPI makes an array of it; the status of a route is said "
            "elsewhere.",
        ),
        (response.status_code == 200, "The parcel is created, so the status has to be 201. 200 is only the default."),
        (
            response.status_code == 422,
            "This is a good parcel, and it was refused. When FastAPI refuses, `loc` names the field.",
        ),
        (response.status_code in (404, 405), "Nobody took the parcel. Is there a route for `POST /parcels`?"),
        (response.status_code == 500, "An exception ended the request; it is shown below."),
    )
    assert response.json() == exactly({"id": number, **stored}), told(
        "The answer has to be exactly the four keys of the parcel that is stored, with the next number as `id`."
    )


def no_page(response):
    """Why a page of Flask does not come through the app."""
    return told(
        (
            response.status_code == 500,
            "An exception got in the way. FastAPI calls what is mounted as an ASGI app, and Flask is a WSGI app: something "
            "has to translate between them.",
        ),
        "Flask was not asked, or not for this address. Does the bridge cover the whole site, and without a prefix?",
    )


def test_post_is_created_by_fastapi(legacy, seen_by_flask, client, rng):
    """`POST /parcels` with a good parcel answers 201 and exactly `id`, `locker`, `weight_g` and `fragile`. FastAPI does it: Flask never sees the request."""
    sent = some_parcel(rng)
    post(client, sent, sent, "P00001")
    assert seen_by_flask == [], told(
        "Flask answered this, not your route. Routes are tried in the order in which they were added, and a mount at the "
        "root takes everything: whatever comes after it is never asked. Nor is a route with another path than `/parcels`."
    )


def test_fragile_defaults_to_false(legacy, client, rng):
    """A parcel without `fragile` gets 201, and its `fragile` is `false`."""
    sent = {"locker": some_locker(rng), "weight_g": rng.randint(2, 19_999)}
    response = client.post("/parcels", json=sent)
    assert response.status_code == 201, told(
        (
            refusal(response) == refused_at("body.fragile"),
            "Your route asks for `fragile`. A field that has a default value may be left out.",
        ),
    )
    assert response.json() == exactly({"id": "P00001", **sent, "fragile": False})


def test_bad_parcels_are_refused_and_not_stored(legacy, client, rng):
    """A bad parcel is refused with 422 and FastAPI's own error body, which names every field that is wrong, and is not stored. 1 and 20000 grams are still good."""
    for weight in (1, 20_000):
        response = client.post("/parcels", json=some_parcel(rng) | {"weight_g": weight})
        assert response.status_code == 201, told(
            (response.status_code == 422, f"A weight of {weight} g is allowed, and it was refused."),
            (response.status_code == 200, "The parcel is created, so the status has to be 201."),
        )
    before = dict(legacy.PARCELS)
    letter, digits = rng.choice("ABCDEF"), f"{rng.randint(0, 99):02}"
    good = f"{letter}{digits}"
    texts = (f"G{digits}", good.lower(), f"{letter}7", f"x{good}", f"{good}1", f"{good}\n", None)
    wrong = [("locker", text) for text in texts]
    wrong += [("weight_g", value) for value in (0, 20_001, -rng.randint(1, 5000), "heavy")]
    wrong += [("fragile", "maybe"), ("fragile", None)]
    bodies = [(some_parcel(rng) | {field: value}, [field]) for field, value in wrong]
    for field in ("locker", "weight_g"):
        parcel = some_parcel(rng)
        del parcel[field]
        bodies.append((parcel, [field]))
    bodies.append(({"locker": f"Z{digits}", "weight_g": -1, "fragile": rng.word()}, ["locker", "weight_g", "fragile"]))
    for body, fields in bodies:
        response = client.post("/parcels", json=body)
        assert refusal(response) == refused_at(*(f"body.{field}" for field in fields)), told(
            (
                response.status_code in (200, 201) and str(body.get("locker")).endswith("\n"),
                "A good code with a line break behind it came through. In Python's `re`, a `$` is content with that: ask "
                "for a match of the full text.",
            ),
            (
                response.status_code in (200, 201) and fields == ["locker"] and len(str(body.get("locker"))) > 3,
                "A good code hidden in a longer text came through. A pattern has to say where the text begins and where it ends.",
            ),
            (response.status_code in (200, 201), f"This came through. What is wrong here: {', '.join(fields)}."),
            (
                response.status_code == 500,
                "An exception ended the request; it is shown below. A bad value has to be refused before your code works with it.",
            ),
            (
                refusal(response) == "422, but not in FastAPI's own form",
                "This refusal is home-made. FastAPI writes its own, with the places, if the body is declared as a "
                "parameter of your function.",
            ),
            (
                response.status_code == 422,
                "The refusal has to name the fields that are wrong, all of them and no others.",
            ),
        )
    assert before == legacy.PARCELS, told("A parcel that was refused is in the store all the same.")


def test_flask_shows_what_fastapi_stored(legacy, client, rng):
    """What FastAPI stores is a plain dict in `legacy.PARCELS[id]`, and Flask serves it: `GET /parcels/{id}` shows the same JSON, and `GET /lockers/{code}` lists the number."""
    sent = some_parcel(rng)
    post(client, sent, sent, "P00001")
    stored = legacy.PARCELS.get("P00001")
    assert type(stored).__name__ == "dict", told(
        (
            stored is None,
            "The parcel is not in `legacy.PARCELS` under its number, and that is where Flask's pages look.",
        ),
        "What was stored is no plain dict. Flask's pages read the parcel by its keys and turn it into JSON, and they can "
        "do neither with this.",
    )
    expected = {"id": "P00001", **sent}
    assert stored == exactly(expected), told(
        (
            stored == sent,
            "The parcel is in the store, but the number is only its key. Flask shows the dict as it is, so the dict needs its `id`.",
        ),
        "The stored dict is not the parcel that was sent, with its number.",
    )
    response = client.get("/parcels/P00001")
    assert response.status_code == 200, no_page(response)
    assert response.json() == exactly(expected)
    response = client.get(f"/lockers/{sent['locker']}")
    assert response.status_code == 200, no_page(response)
    assert ("P00001" in response.text) is True, told("Flask's page of the locker does not list the new parcel.")


def facts_of(status, headers, body):
    """An answer as one value: what has to be equal, whoever delivers it."""
    lines = sorted(f"{name.lower()}: {value}" for name, value in headers)
    return {"status": status, "headers": lines, "body": body.decode("utf-8", "backslashreplace")}


def add_view(legacy, rng):
    """Add a view to Flask whose answer shows how the request arrived; return its path."""
    path, slashed, header, values = f"/{rng.word()}", f"/{rng.word()}/", f"X-{rng.name()}", rng.words(2)

    def echo(**parts):
        answer = jsonify(
            method=request.method,
            path=request.full_path,
            prefix=request.script_root,
            body=request.get_data(as_text=True),
            parts=parts,
        )
        for value in values:
            answer.headers.add(header, value)
        return answer, 218

    legacy.flask_app.add_url_rule(f"{path}/<part>", path[1:], echo, methods=["GET", "POST", "PATCH"])
    legacy.flask_app.add_url_rule(slashed, slashed.strip("/"), echo)
    return path, slashed.rstrip("/")


def test_every_other_address_is_still_flasks(legacy, seen_by_flask, client, rng):
    """Every other path, and `/parcels` with every other method, gets the answer of `flask_app` alone: same status, headers and bytes. So do addresses that nobody has, and views that are added to `flask_app` later."""
    locker, number = some_locker(rng), f"P{rng.randint(500, 99_999):05}"
    legacy.PARCELS[number] = {"id": number, "locker": locker, "weight_g": rng.randint(2, 19_999), "fragile": True}
    added, slashed = add_view(legacy, rng)
    asked = [
        ("GET", f"/parcels/{number}", None),
        ("GET", f"/lockers/{locker}", None),
        ("GET", f"/parcels/{rng.word()}", None),
        ("GET", f"/{rng.word()}", None),
        ("GET", "/", None),
        ("GET", f"{added}/{rng.word()}?{rng.word()}={rng.word()}", None),
        ("GET", f"{added}/gr%C3%BC%C3%9Fe", None),
        ("POST", f"{added}/{rng.word()}", rng.title()),
        ("PATCH", f"{added}/{rng.word()}", rng.title()),
        ("GET", slashed, None),
        ("GET", f"{slashed}/", None),
        ("GET", "/parcels", None),
        ("PUT", "/parcels", "{}"),
        ("DELETE", "/parcels", None),
        ("OPTIONS", "/parcels", None),
        ("HEAD", f"/parcels/{number}", None),
        ("POST", f"/parcels/{number}", "{}"),
        ("POST", "/parcels/", "{}"),
    ]
    for method, path, body in asked:
        alone = legacy.flask_app.test_client().open(path, method=method, data=body, base_url="http://testserver")
        seen_by_flask.clear()
        response = client.request(method, path, content=body)
        got = facts_of(response.status_code, response.headers.multi_items(), response.content)
        assert got == exactly(facts_of(alone.status_code, alone.headers, alone.data)), told(
            (response.status_code == 500 or not seen_by_flask, no_page(response)),
            "Flask was asked, but its answer did not come through unchanged, or the request did not reach it unchanged.",
        )
        assert len(seen_by_flask) == 1, told(
            "The answer is the right one, but Flask was not asked for it at this moment."
        )


def test_ids_come_from_the_shared_counter(legacy, client, rng):
    """Every stored parcel takes one number from `legacy.new_id()`, which Flask uses as well. A parcel that is refused takes none."""
    start = rng.randint(2, 900)
    for _ in range(start):
        legacy.new_id()
    numbers = []

    def create():
        response = client.post("/parcels", json=some_parcel(rng))
        assert response.status_code == 201
        answer = response.json()
        numbers.append(answer.get("id") if isinstance(answer, dict) else None)

    create()
    create()
    bad = client.post("/parcels", json=some_parcel(rng) | {"weight_g": -1})
    assert bad.status_code == 422, told(
        (bad.status_code in (200, 201), "A parcel of minus one gram was taken, and it got a number."),
    )
    numbers.append(legacy.new_id())
    create()
    known = [number for number in numbers if isinstance(number, str)]
    assert numbers == exactly([f"P{start + place:05}" for place in range(1, 5)]), told(
        (
            len(set(known)) < 4,
            "The same number was given out twice: Flask counts with `legacy.new_id()`, and your route with something else.",
        ),
        (
            known == sorted(known) and known[0] > f"P{start:05}",
            "A number is missing in the row. `new_id()` was called without a parcel being stored: more than once for a "
            "good one, or for the bad one that was sent in between.",
        ),
        "These are not the next numbers of `legacy.new_id()`: your route takes its numbers from somewhere else.",
    )


def test_docs_list_the_migrated_route_only(legacy, client, docs):
    """`/docs` answers 200, and the OpenAPI document lists `POST /parcels` and nothing else. Its body has the properties `locker`, `weight_g` and `fragile`, and `locker` and `weight_g` are required."""
    listed = {path: sorted(methods) for path, methods in docs.routes.items()}
    assert listed == {"/parcels": ["post"]}, told(
        (listed == {}, "The docs list no route at all. FastAPI documents the routes that are declared with it."),
        "The docs list other routes than the one that moved. What is Flask's does not belong there.",
    )
    body = docs.body("post", "/parcels")
    assert body is not None, told(
        "The docs know nothing of a JSON body. They learn about it from the parameters of your function; what the function "
        "reads by itself, they cannot see."
    )
    got = {"properties": sorted(body.get("properties", {})), "required": sorted(body.get("required", []))}
    assert got == {"properties": ["fragile", "locker", "weight_g"], "required": ["locker", "weight_g"]}, told(
        "The docs describe another body than the contract."
    )
    for path in ("/docs", "/openapi.json"):
        response = client.get(path)
        assert response.status_code == 200, told(f"{path} is FastAPI's own page and has to stay reachable.")


def test_bridge_is_not_the_deprecated_one(legacy, client, rng):
    """A request reaches Flask through the bridge of `a2wsgi`, and the deprecated one of FastAPI and Starlette is not imported."""
    path = f"/{rng.word()}"
    bridges = set()

    def look_around():
        for frame, _ in traceback.walk_stack(None):
            name = frame.f_globals.get("__name__", "")
            bridges.update({name} & set(BUNDLED) or {name.partition(".")[0]} & {"a2wsgi"})
        return Response("Flask was here")

    legacy.flask_app.add_url_rule(path, path[1:], look_around)
    response = client.get(path)
    assert response.status_code == 200, told("A page of Flask did not arrive, so there is no bridge to look at yet.")
    assert sorted(bridges) == ["a2wsgi"], told(
        (
            bridges & set(BUNDLED) != set(),
            "The request crossed the bridge that Starlette brings. It is deprecated and will go; older tutorials still "
            "import it. The package `a2wsgi` has a class of the same name.",
        ),
        "Flask was reached, but not through `a2wsgi`.",
    )
    loaded = [name for name in BUNDLED if name in sys.modules]
    assert loaded == [], told("Your code imports the deprecated bridge, though it does not use it.")
