"""Checks of q024: every error a problem, in the customer's language, with nothing of the customer's in it."""

import json
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated, Literal

import pytest
from fastapi import Cookie, Header, HTTPException, Query
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, create_model
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException as StarletteHTTPException

from pytest_fastapi_kata.checks import exactly, headers_of, told

PROBLEM = "application/problem+json"
CRASHED = (
    "500: the handler itself failed; look at what it raised. What pydantic and FastAPI report may hold things that JSON "
    "cannot write: an exception object, NaN, bytes."
)
# No IBAN, but a text that looks like a placeholder.
BRACES = "{country}2"
# Faults of a contract, and what a text about each may quote from its `ctx`.
QUOTED = {
    "missing": "",
    "string_too_short": "{min_length}",
    "iban_checksum": "{iban}, {country}",
    "string_pattern_mismatch": "{pattern}",
    "greater_than_equal": "{ge}",
}


@pytest.fixture(autouse=True)
def messages(given, rng):
    """A catalogue of this run, in the place of messages.py: English, German, French, and one language more."""
    languages = ["en", "de", "fr", rng.choice(["nl", "pl", "sv", "pt"])]
    texts = {language: {"*": f"{rng.title(3)}."} for language in languages}

    def write(language, code, quoted=""):
        texts[language][code] = f"{rng.title()}, {quoted or rng.word()}, {rng.word()}."

    nowhere = rng.choice([code for code in QUOTED if code != "iban_checksum"])
    # Of these five codes, German has two, one of which English lacks; one is nowhere, and the others are in English.
    in_both, in_german, in_english, in_french = rng.shuffled([code for code in QUOTED if code != nowhere])
    for code in (in_both, in_english, in_french):
        write("en", code, QUOTED[code])
    for code in (in_both, in_german):
        write("de", code, QUOTED[code])
    write("fr", in_french, QUOTED[in_french])
    for code in ("int_parsing", "float_parsing", "bool_parsing"):
        write("en", code)
    titles = dict(zip(languages, rng.names(len(languages)), strict=True))
    return given("messages", TITLES=titles, TEXTS=texts)


@pytest.fixture
def contract(rng):
    """A good contract of this run."""
    iban = "0"
    while sum(map(ord, iban)) % 7:
        iban = f"{rng.choice(['DE', 'FR', 'AT', 'CH'])}{rng.digits(18)}"
    return {
        "holder": rng.title(),
        "iban": iban,
        "pin": rng.digits(8),
        "meters": [{"number": rng.digits(8), "reading": rng.randint(0, 9_999)} for _ in range(2)],
        "extras": {rng.word(): rng.randint(1, 9)},
    }


@pytest.fixture
def secret(rng):
    """Five characters that do not stand in an answer by accident."""
    return f"Q{rng.digits(1)}x{rng.digits(1)}Z"


def media_type(response):
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def listed(response, *names):
    """These members of each entry in `errors`; the whole body, if it has no such list."""
    body = response.json()
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list) or not all(isinstance(entry, dict) for entry in errors):
        return body
    return [{name: entry.get(name, "(is missing)") for name in names} for entry in errors]


def json_text(text):
    """The arguments of a request whose body is this text, said to be JSON."""
    return {"content": text, "headers": {"content-type": "application/json"}}


def test_a_good_request_is_untouched(contract, client, rng):
    """`POST /contracts` with a good contract answers 201 as `application/json`, and `GET /contracts/{number}` with a key answers its 404 as a problem."""
    response = client.post("/contracts", json=contract)
    assert response.status_code == 201
    assert media_type(response) == "application/json", "Only errors are problems; this is a good answer."
    assert response.json() == exactly({"meters": 2})
    response = client.get(f"/contracts/{rng.randint(1, 999)}", params={"key": rng.word()})
    assert response.status_code == 404
    assert media_type(response) == PROBLEM, "The route raised an HTTPException, and its answer is no problem document."


def test_faults_become_problem_details(app, client, messages, rng):
    """Faults in path, query, header, cookie and body are answered with one 422 of the type `application/problem+json`: `type`, `title`, `status`, `instance` and, in FastAPI's order, an entry with `in`, `pointer`, `code` and `detail` for each."""
    twice, header, field = rng.words(3)
    model = create_model("Thing", **{field: (int, ...)})

    def take(
        number: int,
        thing: model,
        from_query: Annotated[bool, Query(alias=twice)],
        from_header: Annotated[float, Header(alias=header)],
        from_cookie: Annotated[int, Cookie(alias=twice)],
    ):
        return {}

    app.add_api_route("/added/{number}", take, methods=["PUT"])
    wrong = rng.word()
    response = client.put(
        f"/added/{wrong}",
        params={twice: "perhaps"},
        headers={header: wrong, "cookie": f"{twice}={wrong}"},
        json={field: wrong},
    )
    assert response.status_code == 422, told((response.status_code == 500, CRASHED))
    assert media_type(response) == PROBLEM, told(
        (
            media_type(response) == "application/json",
            "The media type is that of any JSON, not that of a problem document.",
        ),
    )
    english = messages.TEXTS["en"]
    expected = {
        "type": "/problems/invalid-request",
        "title": messages.TITLES["en"],
        "status": 422,
        "instance": f"/added/{wrong}",
        "errors": [
            {"in": "path", "pointer": "/number", "code": "int_parsing", "detail": english["int_parsing"]},
            {"in": "query", "pointer": f"/{twice}", "code": "bool_parsing", "detail": english["bool_parsing"]},
            {"in": "header", "pointer": f"/{header}", "code": "float_parsing", "detail": english["float_parsing"]},
            {"in": "cookie", "pointer": f"/{twice}", "code": "int_parsing", "detail": english["int_parsing"]},
            {"in": "body", "pointer": f"/{field}", "code": "int_parsing", "detail": english["int_parsing"]},
        ],
    }
    got = response.json()
    entries = got.get("errors") if isinstance(got, dict) else None
    keys = {key for entry in entries or [] if isinstance(entry, dict) for key in entry}
    assert got == exactly(expected), told(
        (
            isinstance(got, dict) and "?" in str(got.get("instance")),
            "`instance` is the path alone, without what follows the question mark.",
        ),
        (
            bool(keys & {"input", "ctx", "msg", "loc", "url"}),
            "The entries hold more than the contract has: was FastAPI's own entry passed on with its `input`, `ctx` or `msg`?",
        ),
        "No `Accept-Language` was sent, so the texts are the English ones of messages.py (the kit has put others there).",
    )


def escaped(*steps):
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def test_pointers_are_json_pointers(app, contract, client, rng):
    """`pointer` is a JSON Pointer: every step after a `/`, with `~` written as `~0` and `/` as `~1`. It is empty for the body as a whole, which a body that is missing or no JSON is about, too."""
    one, two = rng.words(2)
    meters = [contract["meters"][0], {"number": contract["meters"][1]["number"], "reading": -1}]
    response = client.post("/contracts", json={**contract, "meters": meters})
    assert response.status_code == 422
    assert listed(response, "in", "pointer") == [{"in": "body", "pointer": "/meters/1/reading"}]
    for key in (f"{one}/{two}", f"{one}~{two}", f"~1{one}", f"{one}~0/", "//~~", "0", ""):
        response = client.post("/contracts", json={**contract, "extras": {one: 1, key: two}})
        expected = escaped("extras", key)
        assert listed(response, "in", "pointer") == [{"in": "body", "pointer": expected}], told(
            (
                listed(response, "pointer") == [{"pointer": f"/extras/{key.replace('/', '~1').replace('~', '~0')}"}],
                "Both characters are replaced, but in the wrong order: the second step replaces what the first has made.",
            ),
            f'The wrong value stands in `extras`, under the key "{key}".',
        )
    app.add_api_route("/added", take_counted(), methods=["POST"])
    response = client.post("/added", json=[{"count": 1}, {"count": 2}, {"count": two}])
    assert listed(response, "in", "pointer") == [{"in": "body", "pointer": "/2/count"}], (
        "This body is a list, and the fault is in the third of its objects."
    )
    for sent, why in [
        ({"json": [1]}, "The body is a list instead of an object. That fault is about all of it."),
        ({}, "The body is missing. That fault is about all of it."),
        (
            json_text(json.dumps(contract)[: rng.randint(8, 40)]),
            "The body is no JSON. What stands in `loc` then is a position in the text, and no step into the data.",
        ),
    ]:
        response = client.post("/contracts", **sent)
        assert listed(response, "in", "pointer") == [{"in": "body", "pointer": ""}], why


def take_counted():
    model = create_model("Counted", count=(int, ...))

    def take(things: list[model]):
        return {}

    return take


def test_texts_come_from_the_catalogue(contract, client, messages):
    """`detail` is the text for the code in the chosen language; if it has none, the English one; if there is none either, the text under `*` in the chosen language. Placeholders are filled from the `ctx` of the fault, whose values are put in as they are."""
    wrong = {
        "iban": contract["iban"][:-1] + str((int(contract["iban"][-1]) + 1) % 10),
        "pin": contract["pin"][:5],
        "meters": [{"number": "12", "reading": -1}],
    }
    values = {
        "missing": {},
        "iban_checksum": {"iban": wrong["iban"], "country": wrong["iban"][:2]},
        "string_too_short": {"min_length": 6},
        "string_pattern_mismatch": {"pattern": "^[0-9]{8}$"},
        "greater_than_equal": {"ge": 0},
    }
    for language in ("en", "de", "fr"):
        own, english = messages.TEXTS[language], messages.TEXTS["en"]
        response = client.post("/contracts", json=wrong, headers={"accept-language": language})
        assert response.status_code == 422, told(
            (
                response.status_code == 500,
                "500: the handler itself failed; look at what it raised. Not every code has a text in every language, and not "
                "every fault has a `ctx`.",
            ),
        )
        got = listed(response, "code", "detail")
        for number, (code, ctx) in enumerate(values.items()):
            template = own.get(code) or english.get(code) or own["*"]
            entry = got[number] if isinstance(got, list) and number < len(got) else got
            assert entry == {"code": code, "detail": template.format(**ctx)}, told(
                (not isinstance(got, list) or len(got) != len(values), "The contract that was sent has five faults."),
                (
                    isinstance(entry, dict) and entry.get("detail") == template and bool(ctx),
                    "The text is right, but its placeholder is still there. The values for it come with the fault.",
                ),
                (code in own, f"The language asked for is {language}, and it has a text of its own for this code."),
                (
                    code in english,
                    f"For this code there is no text in the language asked for ({language}), but English has one.",
                ),
                f"Neither English nor the language asked for ({language}) has a text for this code. What is left is the text "
                f"under `*` in `{language}`.",
            )
    template = messages.TEXTS["en"].get("iban_checksum") or messages.TEXTS["de"]["iban_checksum"]
    language = "en" if "iban_checksum" in messages.TEXTS["en"] else "de"
    response = client.post("/contracts", json={**contract, "iban": BRACES}, headers={"accept-language": language})
    assert listed(response, "code", "detail") == [
        {"code": "iban_checksum", "detail": template.format(iban=BRACES, country=BRACES[:2])}
    ], (
        f"The customer's IBAN is {BRACES}. Braces in a value are no placeholder: what was put in is not to be filled again."
    )


def test_the_language_is_negotiated(client, messages):
    """The language is the one in `messages.TEXTS` that `Accept-Language` likes best, English if there is none; the answer names it in `Content-Language` and says `Vary: Accept-Language`."""
    new = list(messages.TEXTS)[-1]
    for header, language, why in [
        (None, "en", "Without the header it is English."),
        ("de", "de", "This is the plainest header of all, and the catalogue has German."),
        ("FR", "fr", "Small and capital letters are the same."),
        (new, new, "The catalogue has one language more than the file that you see; look there for what is known."),
        ("de-AT", "de", "What stands after the hyphen is a region. It leaves the language what it is."),
        ("DE-ch", "de", "What stands after the hyphen is a region. It leaves the language what it is."),
        ("xx", "en", "Nothing in the header fits."),
        ("xx, de;q=0.2", "de", "What is liked best is not in the catalogue, so the next best is taken."),
        ("dex, fr;q=0.5", "fr", "`dex` is another language than `de`, though it begins in the same way."),
        ("*", "en", "`*` counts as English."),
        ("fr;q=0.3, de;q=0.8", "de", "The weights decide, and not the order."),
        ("de;q=0.9, fr", "fr", "Where no weight is given, it is 1."),
        ("fr;Q=0.3, de;Q=0.8", "de", "Small and capital letters are the same, in `q` as well."),
        ("fr;q=0.5, de;q=0.5", "fr", "Both are liked equally, so the one named first is meant."),
        ("de;q=0.5, fr;q=0.5", "de", "Both are liked equally, so the one named first is meant."),
        (f"de;q=0.4, fr-CH;q=0.25, {new};q=0.75, en;q=0.1", new, "The weights decide, and not the order."),
        ("de ; q=0.2 , fr; q=0.70", "fr", "There may be blanks around the signs in the header."),
        ("fr;q=0, de;q=0.001", "de", "A little is more than nothing."),
        ("de;q=0", "en", "A weight of 0 rules a language out, even if nothing else is named."),
        ("xx, *;q=0.9, de;q=0.5", "en", "`*` counts as English, with the weight that it has."),
        ("*;q=0.1, de;q=0.5", "de", "`*` counts as English, with the weight that it has."),
    ]:
        headers = {} if header is None else {"accept-language": header}
        response = client.post("/contracts", json={}, headers=headers)
        asked = "No Accept-Language was sent." if header is None else f"Accept-Language is “{header}”."
        assert response.status_code == 422, told(
            (response.status_code == 500, f"500: the handler itself failed; look at what it raised. {asked}"),
        )
        body = response.json()
        title = body.get("title") if isinstance(body, dict) else None
        shown = {"title": title, **headers_of(response, ["content-language"])}
        assert shown == {"title": messages.TITLES[language], "content-language": language}, told(
            (
                shown["content-language"] is None and title == messages.TITLES[language],
                "The language is right, but the answer does not say in `Content-Language` which one it is.",
            ),
            f"{why} {asked}",
        )
        varies = response.headers.get("vary", "").lower()
        assert "accept-language" in varies, (
            "Without `Vary`, a cache between you and the customers mixes the languages up."
        )


def test_odd_language_headers_do_no_harm(client, messages, rng):
    """An `Accept-Language` that makes no sense, is empty or very long breaks nothing: the answer is the same 422 in one of the languages."""
    for header in (
        "",
        ",",
        ";;",
        ";q=1",
        "=",
        "de;q=abc",
        "de;q=",
        "de;q",
        "de;q=0.5;q=x",
        "de;level=1",
        "de;q=-1",
        "de;q=nan",
        b"de;q=\xb2, \xe4\xf6",
        ", ".join([*rng.words(1500), "de-" * 2000]),
    ):
        response = client.post("/contracts", json={}, headers={"accept-language": header})
        assert response.status_code == 422, told(
            (
                response.status_code == 500,
                f"500: the handler itself failed; look at what it raised. Accept-Language is {header[:60]!r}.",
            ),
        )
        assert response.headers.get("content-language") in list(messages.TEXTS), f"Accept-Language is {header[:60]!r}."


def places_of(secret, value, place="the body"):
    """Where in a JSON value the secret stands."""
    if isinstance(value, dict):
        found = [f"a key of {place}" for key in value if secret in key]
        return found + [where for key, part in value.items() for where in places_of(secret, part, f"{place} → {key}")]
    if isinstance(value, list):
        return [where for index, part in enumerate(value) for where in places_of(secret, part, f"{place} → {index}")]
    return [place] if secret in str(value) else []


def leaks(secret, response):
    """Where in a response the secret stands."""
    found = [f"the header {name}" for name, value in response.headers.items() if secret in value]
    return found + places_of(secret, response.json())


def test_nothing_is_repeated(app, contract, client, secret, rng):
    """Nothing that the client sent stands in the answer, be it the value that is wrong, what stands beside a missing one, or a value that a message quotes."""
    tag = rng.word()
    known = create_model("Known", kind=(Literal[tag], ...))
    other = create_model("Other", kind=(Literal[f"{tag}s"], ...))

    def take(thing: Annotated[known | other, Field(discriminator="kind")]):
        return {}

    app.add_api_route("/added", take, methods=["POST"])
    without_pin = {**contract, "holder": secret}
    del without_pin["pin"]
    long = secret * 2
    for case, where, sent, code in [
        ("The PIN is too short.", "/contracts", {"json": {**contract, "pin": secret}}, "string_too_short"),
        ("The PIN is missing; the secret is the holder's name.", "/contracts", {"json": without_pin}, "missing"),
        (
            "The PIN is the holder's name, and the error about that quotes it.",
            "/contracts",
            {"json": {**contract, "pin": long, "holder": long}},
            "value_error",
        ),
        ("The `kind` of a thing is unknown.", "/added", {"json": {"kind": secret}}, "union_tag_invalid"),
        (
            "The body is said to be plain text.",
            "/contracts",
            {"content": json.dumps({**contract, "pin": secret}), "headers": {"content-type": "text/plain"}},
            "model_attributes_type",
        ),
    ]:
        response = client.post(where, **sent)
        assert response.status_code == 422, told((response.status_code == 500, f"{case} {CRASHED}"), case)
        assert listed(response, "code") == [{"code": code}], case
        found = leaks(secret, response)
        assert found == [], told(
            (
                any(place.endswith("detail") for place in found),
                f"{case} What was sent stands in the answer: pydantic's own message may quote the value.",
            ),
            f"{case} What was sent stands in the answer.",
        )


def test_own_errors_do_not_break_the_handler(app, contract, client, rng):
    """The answer is the same 422 when a validator raises an error of its own, and when the fault holds what JSON cannot write: an exception, NaN, Infinity, bytes."""
    field, code = rng.words(2)

    def fail_assertion(value):
        raise AssertionError(rng.word())

    def fail_with_objects(value):
        raise PydanticCustomError(code, "{what}", {"what": {Decimal(1), value}, "who": object()})

    asserted = create_model("Asserted", **{field: (Annotated[int, AfterValidator(fail_assertion)], ...)})
    custom = create_model("Custom", **{field: (Annotated[int, AfterValidator(fail_with_objects)], ...)})

    def take_asserted(thing: asserted):
        return {}

    def take_custom(thing: custom):
        return {}

    app.add_api_route("/added", take_asserted, methods=["POST"])
    app.add_api_route("/added", take_custom, methods=["PUT"])
    odd = json.dumps(contract)[:-1]
    name = rng.name()
    for case, method, where, sent, place, expected in [
        (
            "A validator raised a ValueError.",
            "POST",
            "/contracts",
            {"json": {**contract, "pin": name, "holder": name}},
            "",
            "value_error",
        ),
        (
            "A validator raised an AssertionError.",
            "POST",
            "/added",
            {"json": {field: 1}},
            f"/{field}",
            "assertion_error",
        ),
        ("A validator raised a PydanticCustomError.", "PUT", "/added", {"json": {field: 1}}, f"/{field}", code),
        (
            "NaN was sent.",
            "POST",
            "/contracts",
            json_text(f'{odd}, "extras": {{"a": NaN}}}}'),
            "/extras/a",
            "finite_number",
        ),
        (
            "-Infinity was sent.",
            "POST",
            "/contracts",
            json_text(f'{odd}, "extras": {{"a": -Infinity}}}}'),
            "/extras/a",
            "finite_number",
        ),
        (
            "The body is bytes, said to be plain text.",
            "POST",
            "/contracts",
            {"content": b"\xff\xfe\x00", "headers": {"content-type": "text/plain"}},
            "",
            "model_attributes_type",
        ),
    ]:
        response = client.request(method, where, **sent)
        assert response.status_code == 422, told((response.status_code == 500, f"{case} {CRASHED}"), case)
        assert listed(response, "in", "pointer", "code") == [{"in": "body", "pointer": place, "code": expected}], case


def plain_problem(status, path, **members):
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "instance": path, **members}


def test_http_errors_have_the_same_form(app, contract, client, rng):
    """Every `HTTPException`, whoever raised it, is answered with its status and headers as a problem of the type `about:blank`: `title` is the standard phrase, `detail` the exception's own."""
    number, unknown, header = rng.randint(1, 999), rng.word(), f"X-{rng.name()}"
    one, two = rng.title(3), rng.title(3)

    def teapot():
        raise HTTPException(418, one, headers={header: two})

    def gone():
        raise StarletteHTTPException(410, two, headers={header: one})

    app.add_api_route("/added", teapot)
    app.add_api_route("/added", gone, methods=["PUT"])
    of_starlette = "The framework itself raised this one, and not by FastAPI's class but by the class that FastAPI's inherits from."
    for method, where, status, detail, headers, why in [
        ("GET", f"/contracts/{number}?key=x", 404, "No such contract", {}, ""),
        ("GET", f"/contracts/{number}", 401, "Key needed", {"WWW-Authenticate": "APIKey"}, ""),
        ("GET", "/added", 418, one, {header: two}, ""),
        ("GET", f"/{unknown}", 404, "Not Found", {}, of_starlette),
        ("PUT", "/contracts", 405, "Method Not Allowed", {"Allow": "POST"}, of_starlette),
        ("PUT", "/added", 410, two, {header: one}, "This is an exception of Starlette's."),
    ]:
        response = client.request(method, where)
        assert response.status_code == status
        assert media_type(response) == PROBLEM, why
        assert response.json() == exactly(plain_problem(status, where.partition("?")[0], detail=detail)), told(
            ("?" in str(response.json()), "`instance` is the path alone, without what follows the question mark."),
        )
        assert headers_of(response, headers) == headers, "The exception brought a header along, and it got lost."
    response = client.post("/contracts", **json_text(json.dumps(contract).encode()[:-1] + b'\xff"}'))
    assert response.status_code == 400
    assert media_type(response) == PROBLEM, (
        "FastAPI could not even decode this body, and raised an HTTPException for it."
    )
    body = response.json()
    own = body.get("detail") if isinstance(body, dict) else None
    assert body == exactly(plain_problem(400, "/contracts", detail=str(own)))


def test_a_crash_is_a_problem_too(app, client, secret, rng):
    """An exception that nobody expected, a value that does not fit its response model and a pydantic error in your own code are all answered with 500, as a problem without `detail` and with nothing from inside."""

    def raise_runtime_error():
        raise RuntimeError(secret)

    async def raise_value_error():
        raise ValueError(secret)

    def return_something_else():
        return {rng.word(): secret}

    def validate_own_data():
        return TypeAdapter(int).validate_python(secret)

    class Row(BaseModel):
        count: int

    app.add_api_route("/added", raise_runtime_error, methods=["GET"])
    app.add_api_route("/added", raise_value_error, methods=["POST"])
    app.add_api_route("/added", return_something_else, methods=["PUT"], response_model=Row)
    app.add_api_route("/added", validate_own_data, methods=["DELETE"])
    for method, case in [
        ("GET", "The route raised a RuntimeError."),
        ("POST", "The route raised a ValueError."),
        ("PUT", "The route returned what does not fit its response model."),
        ("DELETE", "The route got a pydantic ValidationError about data of its own."),
    ]:
        response = client.request(method, "/added")
        assert response.status_code == 500, told(
            (
                400 <= response.status_code < 500,
                f"{case} That is a fault of the server, and it was reported as one of the client's.",
            ),
            case,
        )
        assert media_type(response) == PROBLEM, case
        assert response.json() == exactly(plain_problem(500, "/added")), told(
            (
                "detail" in str(response.json()),
                f"{case} A `detail` tells strangers what is inside. Nothing of it belongs in the answer.",
            ),
            case,
        )


def followed(document, part):
    """The part of the document that a reference means; everything else as it is."""
    for _ in range(9):
        reference = part.get("$ref") if isinstance(part, dict) else None
        if not isinstance(reference, str):
            break
        part = document
        for step in reference.removeprefix("#/").split("/"):
            part = part.get(step) if isinstance(part, dict) else None
    return part if isinstance(part, dict) else {}


def test_the_docs_tell_the_same(docs):
    """The docs describe the 422 of both routes as `application/problem+json` and nothing else, with a schema that has `type`, `title`, `status`, `instance` and `errors`; `HTTPValidationError` is gone."""
    for method, path in [("post", "/contracts"), ("get", "/contracts/{number}")]:
        response = followed(docs.document, docs.operation(method, path).get("responses", {}).get("422", {}))
        content = response.get("content", {})
        assert sorted(content) == [PROBLEM], told(
            (
                PROBLEM in content,
                f"The docs offer the 422 of {method.upper()} {path} as another type, too. A response given by its model is "
                "documented under the media type of the route.",
            ),
            (
                "application/json" in content,
                f"The 422 of {method.upper()} {path} is documented as `application/json`, as FastAPI does it by itself.",
            ),
            f"These are the media types that the docs name for the 422 of {method.upper()} {path}.",
        )
        schema = followed(docs.document, content[PROBLEM].get("schema", {}))
        named = schema.get("properties", {})
        wanted = ["type", "title", "status", "instance", "errors"]
        assert [name for name in wanted if name in named] == wanted, told(
            (not named, "The documented content has no schema with properties, or its reference leads nowhere."),
        )
    found = "HTTPValidationError" in json.dumps(docs.document)
    assert found is False, "FastAPI's own schema for a 422, HTTPValidationError, still stands somewhere in the docs."
