"""Checks of q023: who is told what, and who is to blame."""

import json

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

OWN_KEYS = ["input", "loc", "msg", "type"]


@pytest.fixture(autouse=True)
def roster(given):
    """The given roster with rows of this check's own, in place before the app is imported."""
    return given("roster", rows={})


@pytest.fixture
def registering(client, rng):
    """Sends a registration that is good in everything but what is given; None leaves something out."""

    def send(*, body=None, raw=None, **changes):
        sent = {"course": rng.randint(1, 900), "seat": rng.randint(1, 60), "notify": None, "build": 1} | changes
        target = f"/courses/{sent['course']}/seats/{sent['seat']}"
        target += "" if sent["notify"] is None else f"?notify={sent['notify']}"
        headers = {"content-type": "application/json"}
        headers |= {} if sent["build"] is None else {"x-client-build": str(sent["build"])}
        person = {key: value for key, value in (a_person(rng) | (body or {})).items() if value is not None}
        return client.put(target, headers=headers, content=json.dumps(person) if raw is None else raw)

    return send


@pytest.fixture
def importing(client, rng):
    """Sends a file; lines that are no text yet are written as JSON."""

    def send(*lines, end="\n", last="\n", course=None):
        written = end.join(line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines)
        return client.post(
            f"/courses/{rng.randint(1, 900) if course is None else course}/imports",
            content=(written + last).encode(),
            headers={"content-type": "text/plain"},
        )

    return send


def a_person(rng):
    return {"name": rng.title(), "age": rng.randint(16, 90)}


def a_row(rng, **changes):
    row = {"seat": rng.randint(1, 60)} | a_person(rng) | changes
    return {key: value for key, value in row.items() if value is not None}


def reported(response):
    """How a 422 reads: each fault with its type and its place."""
    if refusal(response).startswith("422 at "):
        return f"422: {', '.join(sorted(map(in_words, response.json()['detail'])))}"
    return refusal(response)


def in_words(fault):
    loc = list(fault["loc"])
    if fault.get("type") == "json_invalid" and len(loc) == 2 and isinstance(loc[1], int):
        loc[1] = "<position>"
    place = ".".join(map(str, loc))
    return f"{fault.get('type')} at {place.lower() if loc[:1] == ['header'] else place}"


def types_at(response, *loc):
    return [fault.get("type") for fault in response.json()["detail"] if fault["loc"] == list(loc)]


def test_a_good_registration_is_answered(client, rng):
    """`PUT /courses/{course}/seats/{seat}` with a good registration answers 200 with `course`, `seat`, `name`, `age` and `notify`, which is true if the query does not say otherwise."""
    for query, notify in (("", True), ("?notify=true", True), ("?notify=false", False)):
        course, seat, person = rng.randint(1, 900), rng.randint(1, 60), a_person(rng)
        response = client.put(
            f"/courses/{course}/seats/{seat}{query}", json=person, headers={"x-client-build": rng.digits(3)}
        )
        found = reported(response).removeprefix("422: ")
        assert response.status_code == 200, told(
            (
                "missing at query." in found,
                f"{found}: so your route looks for it in the query. But `X-Client-Build` comes as a header, and `notify` "
                "may be left out.",
            ),
            (
                "missing at body" in found,
                f"{found}: the body has only `name` and `age`, with no object around them, and your route expects "
                "something else there.",
            ),
            (response.status_code == 422, f"This registration is good, and it was refused: {found}."),
        )
        assert response.json() == exactly({"course": course, "seat": seat, **person, "notify": notify})


def test_each_fault_has_its_place(registering, rng):
    """Each fault of a registration is answered with 422 and exactly the `type` and `loc` of the table."""
    for what, sent, fault in [
        ("a word for `course`", {"course": rng.word()}, "int_parsing at path.course"),
        ("a word for `seat`", {"seat": rng.word()}, "int_parsing at path.seat"),
        ("course 0", {"course": 0}, "greater_than_equal at path.course"),
        ("seat 0", {"seat": 0}, "greater_than_equal at path.seat"),
        ("seat 61", {"seat": 61}, "less_than_equal at path.seat"),
        ("`notify=perhaps`", {"notify": "perhaps"}, "bool_parsing at query.notify"),
        ("no `X-Client-Build`", {"build": None}, "missing at header.x-client-build"),
        ("a word for `X-Client-Build`", {"build": rng.word()}, "int_parsing at header.x-client-build"),
        ("an empty `name`", {"body": {"name": ""}}, "string_too_short at body.name"),
        ("a `name` of 61 characters", {"body": {"name": "n" * 61}}, "string_too_long at body.name"),
        ("no `name`", {"body": {"name": None}}, "missing at body.name"),
        ("`age` 15", {"body": {"age": 15}}, "greater_than_equal at body.age"),
        ("a word for `age`", {"body": {"age": rng.word()}}, "int_parsing at body.age"),
        ("no `age`", {"body": {"age": None}}, "missing at body.age"),
        ("no body at all", {"raw": ""}, "missing at body"),
        ("a body that breaks off", {"raw": f'{{"name": "{rng.name()}", "age'}, "json_invalid at body.<position>"),
    ]:
        response = registering(**sent)
        assert reported(response) == f"422: {fault}", f"Sent: {what}, and everything else is good."
    for seat, name in ((1, "n"), (60, "n" * 60)):
        edges = registering(seat=seat, course=1, body={"name": name, "age": 16})
        assert edges.status_code == 200, "Everything here is at the edge of what is allowed, and still good."


def test_all_faults_of_a_request_come_at_once(registering, rng):
    """The faults of one request, from its path to its body, come in one answer."""
    response = registering(course=rng.word(), notify="perhaps", build=rng.word(), body={"name": "", "age": 15})
    expected = [
        "bool_parsing at query.notify",
        "greater_than_equal at body.age",
        "int_parsing at header.x-client-build",
        "int_parsing at path.course",
        "string_too_short at body.name",
    ]
    assert reported(response) == f"422: {', '.join(expected)}", (
        "Five things are wrong here, in all parts of the request."
    )


def test_a_good_file_is_imported(importing, rng):
    r"""`POST /courses/{course}/imports` with a file of good lines, in UTF-8, answers 201 with their number. Only `\n` ends a line, a `\r` before it does not matter, empty lines are skipped, and an empty body is a file of no lines."""
    rows = [a_row(rng) for _ in range(rng.randint(3, 7))]
    spread = [line for row in rows for line in (row, *[""] * rng.randint(0, 2))]
    letter = rng.choice("äöüé")
    edges = [a_row(rng, seat=60, age=16, name="n" * 60), a_row(rng, seat=1, name="n")]
    separated = a_row(rng, name=f"{rng.name()}\u2028{rng.name()}")
    returned = json.dumps(a_row(rng)).replace(", ", ",\r ")
    cases = [
        (len(rows), importing(*rows), "Every line of this file is good."),
        (len(rows), importing(*rows, last=""), "Every line of this file is good; after the last one, no line end."),
        (len(rows), importing("", *spread), "Every line of this file is good or empty."),
        (len(rows), importing(*spread, end="\r\n", last="\r\n"), "The lines of this file end with `\\r\\n`."),
        (0, importing(last=""), "The body is empty: a file of no lines."),
        (0, importing("", "", ""), "All lines of this file are empty."),
        (
            2,
            importing(*edges),
            "All values of this file are at the edge of what is allowed, and still good.",
        ),
        (
            2,
            importing(a_row(rng, name=letter), a_row(rng, name=letter * 60)),
            f"The names are {letter}, once and 60 times, in UTF-8. Whoever sees other letters there, or more of them, has read "
            "the bytes in another encoding.",
        ),
        (
            2,
            importing(separated, a_row(rng)),
            "One name holds the character U+2028, which may stand in a JSON text. Some ways of cutting a text into lines, "
            "such as `splitlines()`, cut there, too. Here, only `\\n` ends a line.",
        ),
        (
            2,
            importing(returned, a_row(rng)),
            "In the first line, a `\\r` stands after each comma, where JSON allows it as it allows a blank. Only with a "
            "`\\n` right after it does it belong to a line's end.",
        ),
    ]
    for number, response, what in cases:
        places = refusal(response).removeprefix("422 at ")
        assert response.status_code == 201, told(
            (
                places == "body" and number > 0,
                f"{what} The body as a whole was refused: it is a text, not one JSON value.",
            ),
            (
                places.startswith(f"body.{number + 1}") and number == len(rows),
                f"{what} After its end nothing follows, and an empty line is no fault.",
            ),
            what,
        )
        assert response.json() == exactly({"imported": number}), what


def test_every_fault_of_every_line_is_reported(importing, rng):
    """A file with bad lines is answered with 422 in FastAPI's own form, with every fault of every line at `["body", <line>, <field>]`."""
    bad = rng.shuffled(
        [
            (["age", "name"], a_row(rng, name="", age=15)),
            (["seat"], a_row(rng, seat=rng.choice([0, 61]))),
            (["age"], a_row(rng, age=None)),
            ([], a_row(rng)),
            ([], a_row(rng)),
        ]
    )
    response = importing(*(row for _, row in bad))
    places = [f"body.{number}.{field}" for number, (fields, _) in enumerate(bad, 1) for field in fields]
    found = refusal(response).removeprefix("422 at ").split(", ")
    missing = [place for place in places if place not in found]
    early = [f"body.{number - 1}.{field}" for number, (fields, _) in enumerate(bad, 1) for field in fields]
    assert refusal(response) == refused_at(*places), told(
        (
            response.status_code == 500,
            "An exception left your function. FastAPI answers 422 by itself for what it validates itself, before the "
            "function runs; an error that your own code meets is one of the server, unless you turn it into one of the "
            "request.",
        ),
        (response.status_code == 201, "The file was imported, and three of its five lines are bad."),
        (
            bool(missing) and set(found) < set(places) and len({place.split(".")[1] for place in found}) == 1,
            "Faults of a single line were reported, and others have faults, too. Did your code stop at the first bad one?",
        ),
        (set(found) < set(places), f"Not reported: {', '.join(missing)}."),
        (set(found) == set(early), "Every number is too small by one: the first line of the file is line 1."),
        (
            {place.split(".")[0] for place in found} <= {"seat", "name", "age"},
            "The places name the fields alone. Whoever validates a single line does not know that it came from the body, "
            "nor which line it is: `loc` has to begin with `body` and the number.",
        ),
        "Three of these five lines are bad, one of them in two fields. Each place begins with `body` and the line's "
        "number, counted from 1.",
    )
    for field, value in (("seat", rng.word()), ("name", "n" * 61), ("age", 15), ("name", None)):
        response = importing(a_row(rng), a_row(rng, **{field: value}))
        assert refusal(response) == refused_at(f"body.2.{field}"), f"In the second of two lines, only `{field}` is bad."


def test_line_numbers_count_blank_lines(importing, rng):
    """Lines are counted from 1, and empty lines count as well."""
    before = ["", a_row(rng), *[""] * rng.randint(1, 4), a_row(rng), ""]
    number = len(before) + 1
    for end in ("\n", "\r\n"):
        response = importing(*before, a_row(rng, age=15), "", a_row(rng), end=end)
        assert refusal(response) == refused_at(f"body.{number}.age"), (
            f"The bad line is number {number} of the file. Somebody who opens it in an editor counts the empty lines, "
            "too."
        )


def test_a_line_that_is_no_json(importing, rng):
    """A line that is no JSON is one fault of type `json_invalid` at `["body", <line>]`; a line that is JSON but no object is one fault at `["body", <line>]`."""
    cut = json.dumps(a_row(rng))[: -rng.randint(2, 9)]
    for line, what in ((rng.word(), "a word"), (cut, "an object that breaks off")):
        response = importing(a_row(rng), line, a_row(rng, age=15), "", a_row(rng))
        assert refusal(response) == refused_at("body.2", "body.3.age"), told(
            (
                response.status_code == 500,
                f"Line 2 is {what}, so it is no JSON. An exception left your function, in place of a fault.",
            ),
            f"Line 2 is {what}, so it is no JSON, and in line 3 somebody is too young.",
        )
        assert types_at(response, "body", 2) == ["json_invalid"], f"Line 2 is {what}: one fault, of this type."
    for line in (rng.digits(2), "[]", f'"{rng.word()}"', "null"):
        response = importing(a_row(rng), a_row(rng), line)
        assert refusal(response) == refused_at("body.3"), f"Line 3 is JSON, {line}, but no object."
        assert len(types_at(response, "body", 3)) == 1, f"Line 3 is {line}: one fault is enough."


def test_import_errors_look_like_fastapis_own(importing, rng):
    """Each entry of a refused file has the keys `type`, `loc`, `msg` and `input`, and at most `ctx` besides. A fault in `course` has the same form, at `["path", "course"]`."""
    response = importing(a_row(rng, name="", seat=99), rng.word(), "7", a_row(rng, age=None), a_row(rng))
    places = ["body.1.name", "body.1.seat", "body.2", "body.3", "body.4.age"]
    assert refusal(response) == refused_at(*places), "Lines 1 to 4 of this file are bad."
    for fault in response.json()["detail"]:
        assert sorted(fault.keys() - {"ctx"}) == OWN_KEYS, told(
            (
                "url" in fault,
                "`url` is pydantic's own addition for people who read a traceback. FastAPI's errors do not have it.",
            ),
            "An entry of `detail` has other keys than FastAPI's own entries.",
        )
    for course in (0, rng.word()):
        response = importing(a_row(rng), course=course)
        assert refusal(response) == refused_at("path.course"), f"The file is good, and {course} is no course."
        assert sorted(response.json()["detail"][0].keys() - {"ctx"}) == OWN_KEYS


def test_a_row_is_read(client, roster, rng):
    """`GET /courses/{course}/seats/{seat}` and its `/letter` answer 200 with `name` and `age` of the row as it is now, and with nothing else of it, or 404 if there is none. The limits of new registrations do not count for stored rows."""
    places = list(zip(rng.numbers(3, 1, 900), rng.numbers(3, 1, 60), strict=True))
    for course, seat in [*places, (0, rng.randint(1, 60)), (rng.randint(1, 900), rng.randint(61, 99))]:
        address = f"/courses/{course}/seats/{seat}"
        for path, length in ((address, 3), (address, 40), (f"{address}/letter", 3), (f"{address}/letter", 40)):
            roster.rows.pop((course, seat), None)
            if (course, seat) in places:
                response = client.get(path)
                assert response.status_code == 404, "`roster.rows` has no such row."
            person = a_person(rng) | {"name": rng.word(length)}
            roster.rows[course, seat] = person | {"phone": rng.digits(6)}
            response = client.get(path)
            assert response.status_code == 200, told(
                (
                    response.status_code == 404,
                    "`roster.rows` has this row at this moment. Did your route look into it, or into a copy from earlier?",
                ),
                (
                    response.status_code == 422,
                    "`roster.rows` has a row with these two numbers. New registrations have limits for them; the old "
                    "system had none.",
                ),
                (
                    response.status_code == 500 and length == 40,
                    "`roster.Letter` accepts this row, so it is a good one. Its name is longer than that of a new "
                    "registration may be, but that is a rule for what is sent and not for what is stored.",
                ),
                "`roster.rows` has this row, and it is a good one.",
            )
            assert response.json() == exactly(person), told(
                ("phone" in response.text, "The row holds more than `name` and `age`, and all of it went out."),
            )


def test_a_broken_row_is_the_servers_fault(client, roster, rng):
    """A broken row is answered with 500 on both routes, and no value of the row is in the answer."""
    course, seat, secret = rng.randint(1, 900), rng.randint(1, 60), rng.word(5)
    for what, row in [
        ("`age` is a word", {"name": rng.word(5), "age": secret}),
        ("`age` is below 16", {"name": secret, "age": -int(rng.digits(6))}),
        ("`age` is missing", {"name": secret}),
        ("`name` is empty", {"name": "", "age": rng.randint(16, 90)}),
    ]:
        roster.rows[course, seat] = row | {"remark": rng.word(5)}
        for path in (f"/courses/{course}/seats/{seat}", f"/courses/{course}/seats/{seat}/letter"):
            response = client.get(path)
            assert response.status_code == 500, told(
                (
                    response.status_code == 422,
                    f"In this row {what}. 422 blames the client for it, who sent nothing wrong.",
                ),
                (response.status_code == 200, f"In this row {what}. It was passed on as if it were good."),
                (response.status_code == 404, f"In this row {what}. It is broken, but it is there."),
                f"In this row {what}.",
            )
            values = [str(value) for value in roster.rows[course, seat].values() if len(str(value)) > 5]
            leaks = [f"a value of the row: {value}" for value in values if value in response.text]
            quoted = leaks[0] if leaks else "no value of the row"
            assert quoted == "no value of the row", (
                f"In this row {what}. 500 is right, but the answer quotes the row. Such details belong into the log."
            )
