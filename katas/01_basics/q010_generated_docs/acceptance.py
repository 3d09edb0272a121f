"""Checks of q010: docs that tell the truth."""

import re
from urllib.parse import urljoin, urlsplit

import pytest
from pydantic import create_model
from starlette.testclient import TestClient

from pytest_fastapi_kata.checks import exactly, told
from pytest_fastapi_kata.openapi import Docs

PAGE, DOCUMENT = "/reference", "/reference/openapi.json"
HUT, BOOKINGS = "/huts/{hut_id}", "/huts/{hut_id}/bookings"
BOTH = (("get", HUT), ("post", BOOKINGS))


class World:
    """Huts, texts and numbers of this run."""

    def __init__(self, rng):
        self.about = f"\n**{rng.title()}**: {' '.join(rng.words(4))}.\n\n{rng.title(3)}.\n"
        known, self.nowhere = rng.numbers(3, 10, 9_999), rng.randint(10_000, 99_999)
        self.beds = dict(zip(known, rng.numbers(3, 5, 40), strict=True))
        self.code = rng.word().upper()
        self.entries = rng.randint(100, 100_000)

    def beds_left(self, hut_id):
        return self.beds.get(hut_id)

    def reserve(self, hut_id, beds):
        return f"{self.code}-{hut_id}-{beds}"

    def cache_size(self):
        return self.entries


@pytest.fixture
def world(given, rng):
    made = World(rng)
    given("huts", ABOUT=made.about, beds_left=made.beds_left, reserve=made.reserve, cache_size=made.cache_size)
    return made


def served(app, address):
    """Return the document at an address, or None; not recorded, since it is too long to be shown."""
    response = TestClient(app, raise_server_exceptions=False).get(address)
    return Docs(response.json()) if response.status_code == 200 else None


@pytest.fixture
def document(world, app):
    """The document as partners read it, wherever the app serves it."""
    found = served(app, DOCUMENT) or (app.openapi_url and served(app, app.openapi_url))
    if found:
        return found
    try:
        return Docs(app.openapi())
    except Exception as error:
        raise AssertionError(f"FastAPI cannot make the document from what it was given: {error}") from None


def kind(schema):
    """Say in a word what a schema describes, as far as these answers need it."""
    if isinstance(schema, dict) and isinstance(schema.get("type"), str):
        return schema["type"]
    return f"a schema {schema!r}"


def plain(value):
    """Return 1 for 1.0, since a document may spell a limit either way."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def documented(document, method, path, status):
    """Return the documented keys of an answer with the type of each; None if its body is not described."""
    schema = document.answer(method, path, status)
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return {name: kind(part) for name, part in properties.items()} if isinstance(properties, dict) else None


def said(document, method, path, *statuses):
    """Return those of the statuses which the document names for an operation."""
    return sorted(document.statuses(method, path) & {str(status) for status in statuses})


def real(body):
    """Return the keys of a body as it came, with the type of each in the words of a schema."""
    names = {str: "string", int: "integer", bool: "boolean", float: "number", list: "array", dict: "object"}
    return {name: names.get(type(value), "null") for name, value in body.items()}


def test_docs_moved_together(world, app, client):
    """Swagger UI is at `/reference` and loads its document from `/reference/openapi.json`; there is no ReDoc, and the old addresses `/docs`, `/redoc` and `/openapi.json` answer 404."""
    response = client.get(PAGE)
    assert response.status_code == 200, f"There is no page at `{PAGE}`."
    page = response.text
    is_swagger = "swaggerui" in page.lower()
    assert is_swagger, f"The page at `{PAGE}` is not Swagger UI."
    quoted = re.findall(r"""["']([^"'\s<>]+)["']""", page.replace("\\/", "/"))
    named = sorted({urlsplit(urljoin(PAGE, text)).path for text in quoted if "openapi" in text})
    assert (DOCUMENT if DOCUMENT in named else ", ".join(named)) == DOCUMENT, told(
        (not named, "The page names no address from which it would load the document."),
        (
            named == ["/openapi.json"],
            "The page has moved, and it loads the document from the old address. The two are moved one by one.",
        ),
        "This is the address from which the page loads the document.",
    )
    response = client.get(DOCUMENT)
    assert response.status_code == 200, told(
        (response.status_code == 404, f"The page loads `{DOCUMENT}`, and there is nothing."),
        (response.status_code >= 500, "FastAPI cannot make the document from what it was given."),
    )
    got = response.json()
    is_document = isinstance(got, dict) and "openapi" in got
    assert is_document, f"What `{DOCUMENT}` answers is no OpenAPI document."
    for path in ("/docs", "/redoc", "/openapi.json"):
        response = client.get(path)
        assert response.status_code == 404, told(
            (
                path == "/redoc" and response.status_code == 200,
                "ReDoc is the second docs page that FastAPI comes with, and it has a switch of its own.",
            ),
            (response.status_code == 200, f"The old address `{path}` still answers."),
        )
    paths = {getattr(route, "path", None) or "{" for route in app.routes}
    redoc = [path for path in sorted(paths) if "{" not in path and "<redoc" in client.get(path).text.lower()]
    assert redoc == [], "ReDoc only moved. It was to be switched off."


def test_title_page_introduces_the_api(world, document):
    """The document's `info` has the title `Hut Partner API`, the version `2.1.0`, and as description the text `huts.ABOUT`."""
    info = document.document.get("info", {})
    expected = {"title": "Hut Partner API", "version": "2.1.0", "description": world.about}
    got = {name: info.get(name) for name in expected}
    differing = [name for name in expected if got[name] != expected[name]]
    assert got == expected, told(
        (
            differing == ["version"] and got["version"] == "0.1.0",
            "This version is what FastAPI writes when it is told none.",
        ),
        (
            differing == ["description"],
            "The description has to be exactly the text that `huts.ABOUT` holds, whatever it is.",
        ),
        "`info` is what the docs begin with, and it speaks of the app as a whole.",
    )


def test_operations_are_grouped_and_groups_described_in_order(document):
    """The GET carries the one tag `huts`, the POST the one tag `bookings`, and the document describes both: first `huts`, “Where beds are free”, then `bookings`, “Reserve beds for a guest”."""
    carried = {f"{method} {path}": document.operation(method, path).get("tags") for method, path in BOTH}
    assert carried == {f"get {HUT}": ["huts"], f"post {BOOKINGS}": ["bookings"]}, (
        "These are the tags of the operations."
    )
    described = [(tag.get("name"), tag.get("description")) for tag in document.document.get("tags", [])]
    expected = [("huts", "Where beds are free"), ("bookings", "Reserve beds for a guest")]
    assert described == expected, told(
        (
            described == [],
            "The operations carry their tags, and the document says nothing about the tags. What a tag means, no operation "
            "can tell: that is said once, for the app.",
        ),
        (
            sorted(map(str, described)) == sorted(map(str, expected)),
            "Both tags are described, in the other order. The page shows its groups in this order.",
        ),
    )


def test_internal_route_works_but_is_not_listed(world, document, client):
    """`GET /ops/cache` answers 200 and `{"entries": …}` to anybody, and the document lists the two routes of the huts only."""
    response = client.get("/ops/cache")
    assert response.status_code == 200, told(
        (response.status_code == 404, "The internal route is gone. It was to be left out of the docs only."),
        (response.status_code in (401, 403), "The internal route was locked. It was to be left out of the docs only."),
    )
    assert response.json() == exactly({"entries": world.entries})
    listed = sorted(f"{method} {path}" for path, methods in document.routes.items() for method in methods)
    assert listed == sorted(f"{method} {path}" for method, path in BOTH), told(
        (
            "get /ops/cache" in listed,
            "The internal route is still listed. A route says for itself whether the docs show it.",
        ),
        "The document lists other routes than the two of the huts.",
    )


def test_booking_operation_reads_well(document):
    """The POST has the summary `Book beds` and a description with the sentence `A booking is binding.`; in its body, `guest` is described as `Name at the hut door`, `beds` as `How many beds` with the minimum 1."""
    operation = document.operation("post", BOOKINGS)
    assert operation.get("summary") == "Book beds", told(
        "The summary is the headline of an operation. Left alone, FastAPI makes one of the function's name."
    )
    description = operation.get("description", "")
    is_told = "A booking is binding." in " ".join(description.split())
    assert is_told, told(
        (
            not description,
            "The POST has no description. FastAPI takes it from the function's docstring or from `description=…`; a "
            "comment, it never sees.",
        ),
        f"The description of the POST is {description!r}, and the sentence is not in it.",
    )
    body = document.body("post", BOOKINGS) or {}
    properties = body.get("properties", {})
    got = {
        "guest": {"description": properties.get("guest", {}).get("description")},
        "beds": {key: plain(properties.get("beds", {}).get(key)) for key in ("description", "minimum")},
    }
    assert got == {
        "guest": {"description": "Name at the hut door"},
        "beds": {"description": "How many beds", "minimum": 1},
    }, "This is what the schema of the request body says about its two fields."


def test_conflict_is_documented_as_it_really_is(world, document, client, rng):
    """A booking of more beds than are free is refused with 409, `detail` and `free_beds`; the schema documented for this 409 has exactly these keys, the first a string and the second an integer. The GET of a hut documents no 409, as it never answers one."""
    hut_id, left = rng.choice(list(world.beds.items()))
    request = {"guest": rng.name(), "beds": left}
    response = client.post(BOOKINGS.format(hut_id=hut_id), json=request)
    assert response.status_code == 201, (
        f"{left} beds are free, and {left} were asked for. That is not more than are free."
    )
    request["beds"] = left + 1
    response = client.post(BOOKINGS.format(hut_id=hut_id), json=request)
    assert response.status_code == 409, f"{left} beds are free, and {left + 1} were asked for."
    assert response.json() == exactly({"detail": "Not enough beds", "free_beds": left})
    assert documented(document, "post", BOOKINGS, 409) == real(response.json()), told(
        (
            "409" not in document.statuses("post", BOOKINGS),
            "The docs do not know of the 409. FastAPI cannot see which answers a function's body returns or raises. They "
            "have to be declared, as `responses`.",
        ),
        (
            documented(document, "post", BOOKINGS, 409) is None,
            "The 409 is listed, and what its body looks like is not described. A text or an example is no schema.",
        ),
        (
            documented(document, "post", BOOKINGS, 409) == {"detail": "string"},
            "By the docs, the 409 looks like the 404. “Got” are the documented keys and types, “expected” the real ones.",
        ),
        "The docs promise another 409 than the one that comes. “Got” are the documented keys and types, “expected” the real ones.",
    )
    assert said(document, "get", HUT, 409) == [], (
        f"The docs say that `GET {HUT}` may answer 409, and it never does. A partner would prepare for it in vain."
    )


def test_every_other_answer_is_documented_as_it_really_is(world, document, client, rng):
    """The 200 of the GET, the 201 of the POST and the 404 of both (`detail`: `No such hut`) are documented with exactly their real keys and types, and no 200 or 201 that never comes; 0 beds answer 422, and the POST documents that as well."""
    hut_id, left = rng.choice(list(world.beds.items()))
    guest, beds = rng.name(), rng.randint(1, left - 1)
    known, unknown = hut_id, world.nowhere
    expected = [
        ("get", HUT, known, 200, {"hut_id": hut_id, "free_beds": left}),
        ("post", BOOKINGS, known, 201, {"code": world.reserve(hut_id, beds), "beds": beds}),
        ("post", BOOKINGS, unknown, 404, {"detail": "No such hut"}),
        ("get", HUT, unknown, 404, {"detail": "No such hut"}),
    ]
    for method, path, asked_for, status, body in expected:
        sent = {"json": {"guest": guest, "beds": beds}} if method == "post" else {}
        response = client.request(method.upper(), path.format(hut_id=asked_for), **sent)
        assert response.status_code == status
        assert response.json() == exactly(body)
        name = f"the {status} of {method.upper()} {path}"
        assert documented(document, method, path, status) == real(body), told(
            (
                str(status) not in document.statuses(method, path) and status < 300,
                f"The docs do not know of {name}. The status of a success is declared with the route, not in the function.",
            ),
            (
                # The 404 of the POST has been looked at by now.
                str(status) not in document.statuses(method, path) and method == "get",
                "The docs tell that the POST may answer 404. For the GET, which answers 404 just the same, they do not.",
            ),
            (
                str(status) not in document.statuses(method, path),
                f"The docs do not know of {name}. FastAPI cannot see which answers a function's body returns or raises. "
                "They have to be declared, as `responses`.",
            ),
            (
                documented(document, method, path, status) is None,
                f"The docs list {name}, and do not describe its body.",
            ),
            f"The docs promise another body for {name}. “Got” are the documented keys and types, “expected” the real ones.",
        )
    successes = {method: said(document, method, path, 200, 201) for method, path in BOTH}
    assert successes == {"get": ["200"], "post": ["201"]}, (
        "These are the successes that the docs promise. Each of the two operations has one only."
    )
    response = client.post(BOOKINGS.format(hut_id=hut_id), json={"guest": guest, "beds": 0})
    assert response.status_code == 422, "A booking needs at least 1 bed."
    is_documented = "422" in document.statuses("post", BOOKINGS)
    assert is_documented, "The 422 of the POST is no longer documented."


def test_document_follows_the_code(world, app, rng):
    """The document is generated: when a route with a new model is added to `app`, `/reference/openapi.json` shows the two of them."""
    path, field = f"/{rng.word()}", rng.word()
    model = create_model(rng.name(), **{field: (int, ...)})

    @app.get(path, response_model=model)
    def added():
        return {field: 1}

    document = served(app, DOCUMENT)
    assert document, f"`GET {DOCUMENT}` answers with no document."
    listed = sorted(document.routes.get(path, ()))
    assert listed == ["get"], (
        f"A route `GET {path}` was added to the app, and the document does not list it. So it is not made of the "
        "routes that the app has now."
    )
    assert documented(document, "get", path, 200) == {field: "integer"}, (
        "This is what the document says of the new model."
    )
