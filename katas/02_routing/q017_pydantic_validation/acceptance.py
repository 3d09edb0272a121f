"""Checks of q017: a model, with FastAPI's help and without."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import BaseModel, ValidationError

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told


@pytest.fixture
def sent(rng):
    """Makes a good reading, as it is sent: `sent()`, or `sent(kg=3)` with other values."""

    def make(**other):
        offset = timezone(timedelta(hours=rng.randint(-11, 12)))
        taken_at = datetime(2026, rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), 30, tzinfo=offset)
        kg = float(f"{rng.randint(10, 150)}.{rng.digits(3)}5")
        reading = {"hive": rng.word(), "taken_at": taken_at.isoformat(), "kg": kg}
        return reading | other

    return make


def moment(value):
    """A time as ISO text in UTC, whichever offset it came with; what is not an aware time stays as it is."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat() if value.tzinfo else f"{value.isoformat()}, without an offset"
    return value


def understood(reading):
    """What a reading means, as it is expected in READINGS."""
    return {"hive": reading["hive"], "taken_at": moment(reading["taken_at"]), "kg": float(reading["kg"])}


def model_of(module):
    model = getattr(module, "Reading", None)
    assert isinstance(model, type), "There is no class `Reading` in app.py."
    assert issubclass(model, BaseModel), "`Reading` is to be a Pydantic model."
    return model


def seen(module, reading):
    """A reading as it is in Python; of what is no Reading, the type and the value."""
    if not isinstance(reading, model_of(module)):
        return f"{type(reading).__name__}: {reading}"
    found = {name: getattr(reading, name, "(there is no such field)") for name in ("hive", "taken_at", "kg")}
    if not isinstance(found["taken_at"], datetime):
        return found | {"taken_at": f"{type(found['taken_at']).__name__}: {found['taken_at']}"}
    return found | {"taken_at": moment(found["taken_at"])}


def stored(module):
    readings = getattr(module, "READINGS", None)
    assert isinstance(readings, list), "There is no list `READINGS` in app.py any more."
    return [seen(module, reading) for reading in readings]


def not_a_reading(module):
    return any(isinstance(one, str) for one in stored(module))


NOT_A_READING = "READINGS is to hold Reading objects, and this is something else."
IN_UTC = "(Times are shown in UTC.)"

BAD = {
    "The hive's name is empty.": {"hive": ""},
    "The hive's name is a number, not a text.": {"hive": 7},
    "The hive's name is null.": {"hive": None},
    "The scale shows 200.1 kg, more than it can.": {"kg": 200.1},
    "The scale shows -0.1 kg, less than nothing.": {"kg": -0.1},
    "The weight is a word.": {"kg": "heavy"},
    "The time has no offset from UTC.": {"taken_at": "2026-05-04T05:30:00"},
    "The time is a word.": {"taken_at": "yesterday"},
}


def asked_for_a_key(response):
    """Whether the array was looked for under the name of a parameter."""
    places = refusal(response).removeprefix("422 at ").split(".")
    return len(places) == 2 and places[0] == "body" and not places[1].isdigit()


A_KEY = (
    "Your route looks for a key or a form field in the body, where the array is the body itself. This also happens with a "
    "bare `list`, which tells FastAPI nothing about its items: say what may be in it, or say that it is the body."
)


def test_a_good_reading_is_stored_as_an_object(module, client, sent, rng):
    """`POST /readings` answers a good reading with 200 and the reading as JSON, and adds it to `READINGS` as a `Reading`."""
    readings = [
        sent(),
        sent(kg=str(rng.randint(10, 150) + 0.5)),
        sent(kg=0, taken_at="2026-05-04T05:30:00Z"),
        sent(kg=200, remark=rng.word()),
        sent(hive=f"{rng.word()} "),
    ]
    for number, reading in enumerate([*readings, readings[0]], 1):
        response = client.post("/readings", json=reading)
        assert response.status_code == 200, told(
            (
                refusal(response) == refused_at("body.kg"),
                f"The weight is {reading['kg']!r}. From 0 to 200, limits included, everything is right, and a number may "
                "come as text.",
            ),
            (
                refusal(response) == refused_at("body.remark"),
                "`remark` is no field of a reading. Such keys are to be ignored, not refused.",
            ),
        )
        got = response.json()
        if isinstance(got, dict) and "taken_at" in got:
            got["taken_at"] = moment(got["taken_at"])
        assert got == understood(reading), told(
            (
                isinstance(got, dict) and "remark" in got,
                f"`remark` is no field of a reading, and yet it came back. {IN_UTC}",
            ),
            f"The answer is to be the reading, with its three fields and converted values. {IN_UTC}",
        )
        assert stored(module) == exactly([understood(one) for one in [*readings, readings[0]][:number]]), told(
            (not_a_reading(module), f"{NOT_A_READING} {IN_UTC}"),
            (len(stored(module)) < number, f"The answer is right, but the reading was not added to READINGS. {IN_UTC}"),
            f"READINGS does not hold exactly the readings that were sent, in their order. {IN_UTC}",
        )


def test_a_bad_reading_is_refused_and_not_stored(module, client, sent):
    """`POST /readings` refuses a bad reading with 422 at `["body", <field>]`, and nothing is stored."""
    for what, wrong in BAD.items():
        response = client.post("/readings", json=sent(**wrong))
        assert refusal(response) == refused_at(f"body.{next(iter(wrong))}"), told(
            (response.status_code == 200, f"{what} It went through all the same."),
            (
                response.status_code == 500,
                f"{what} FastAPI makes a 422 only of what it has found by itself, while it reads the request.",
            ),
            what,
        )
        assert stored(module) == [], f"{what} It was refused, and it is in READINGS nevertheless."


def test_the_model_works_without_a_request(module, sent, rng):
    """`Reading.model_validate` and `Reading.model_validate_json` give a `Reading` with converted values, or raise `pydantic.ValidationError`."""
    model = model_of(module)

    def judged(validate, value):
        try:
            return seen(module, validate(value))
        except ValidationError:
            return "ValidationError"
        except Exception as error:  # The learner's validators may raise anything.
            return f"{type(error).__name__}: {error}"

    for reading in (sent(), sent(kg=str(rng.randint(10, 150) + 0.5), remark=rng.word())):
        for validate, value in ((model.model_validate, reading), (model.model_validate_json, json.dumps(reading))):
            assert judged(validate, value) == exactly(understood(reading)), (
                f"Reading.{validate.__name__} was called with this reading: {reading} {IN_UTC}"
            )
    for what, wrong in BAD.items():
        reading = sent(**wrong)
        for validate, value in ((model.model_validate, reading), (model.model_validate_json, json.dumps(reading))):
            assert judged(validate, value) == "ValidationError", (
                f"{what} Reading.{validate.__name__} is to refuse that by itself. A rule that stands only in a route is "
                "known to that route alone."
            )


NUMBERS = "The problems are right and the numbers are not. `row` is the row's place in the array, counted from 0."


def without_numbers(report):
    """A report with the rows' numbers taken out, whatever shape it has."""
    if isinstance(report, dict):
        return {key: without_numbers(value) for key, value in report.items() if key != "row"}
    return [without_numbers(one) for one in report] if isinstance(report, list) else report


def with_sorted_names(report):
    """A report with the names of each row sorted and each once, whatever shape it has."""
    if isinstance(report, list):
        return [with_sorted_names(one) for one in report]
    if not isinstance(report, dict):
        return report
    tidied = {key: with_sorted_names(value) for key, value in report.items()}
    if isinstance(tidied.get("problems"), list):
        tidied["problems"] = sorted({str(name) for name in tidied["problems"]})
    return tidied


def symptoms(response):
    """What went wrong with an import that was not answered with 200."""
    refused = refusal(response)
    return told(
        (asked_for_a_key(response), A_KEY),
        (
            refused == refused_at("body"),
            "The array as a whole was refused: your route takes something else as its body.",
        ),
        (
            refused.startswith("422 at body."),
            "FastAPI judged the rows before your function could, and one bad row was enough to refuse them all.",
        ),
        (
            response.status_code == 500,
            "Your code raised an exception, shown below. Is it Pydantic's ValidationError? FastAPI makes a 422 only of what "
            "it finds wrong in a request by itself. What is raised in your own code is yours to catch.",
        ),
    )


def test_the_import_keeps_the_good_rows(module, client, sent, rng):
    """`POST /readings/import` stores all good rows as `Reading` objects in their order, equal ones too, and reports the others with their row and problems."""
    good = [sent(), sent(kg=str(rng.randint(10, 150) + 0.5)), sent(remark=rng.word())]
    good.append(good[0])
    rows = [sent(kg=200.1), good[0], sent(hive=""), *good[1:], sent(hive=7, kg=rng.word())]
    response = client.post("/readings/import", json=rows)
    assert response.status_code == 200, symptoms(response)
    report = {
        "stored": 4,
        "rejected": [
            {"row": 0, "problems": ["kg"]},
            {"row": 2, "problems": ["hive"]},
            {"row": 6, "problems": ["hive", "kg"]},
        ],
    }
    assert response.json() == exactly(report), told(
        (without_numbers(response.json()) == without_numbers(report), NUMBERS),
        "In row 0 the weight is above 200, in row 2 the hive is empty, and in row 6 the hive is a number and the weight a "
        "word. The other rows are good.",
    )
    assert stored(module) == exactly([understood(reading) for reading in good]), told(
        (not_a_reading(module), f"{NOT_A_READING} The report is right. {IN_UTC}"),
        (
            len(stored(module)) == 3,
            f"The report is right, but one good row is missing in READINGS. The last good row equals the first. {IN_UTC}",
        ),
        f"The report is right, but READINGS does not hold exactly the good rows, in their order. {IN_UTC}",
    )


def test_every_problem_of_a_row_is_named(client, sent, rng):
    """`problems` names all faulty fields of a row, missing ones included, sorted and each once."""
    two_faults = sent(kg=rng.word(), taken_at="2026-05-04T05:30:00")
    one_missing = sent()
    del one_missing["hive"]
    response = client.post("/readings/import", json=[two_faults, {}, one_missing, {}])
    assert response.status_code == 200, symptoms(response)
    report = {
        "stored": 0,
        "rejected": [
            {"row": 0, "problems": ["kg", "taken_at"]},
            {"row": 1, "problems": ["hive", "kg", "taken_at"]},
            {"row": 2, "problems": ["hive"]},
            {"row": 3, "problems": ["hive", "kg", "taken_at"]},
        ],
    }
    assert response.json() == exactly(report), told(
        (without_numbers(response.json()) == without_numbers(report), NUMBERS),
        (
            with_sorted_names(response.json()) == report,
            "The names are right. They are to be sorted alphabetically, and each is to be there only once.",
        ),
        "In row 0, the weight is a word and the time has no offset. Row 2 has no hive, and rows 1 and 3 have nothing at "
        "all.",
    )


def test_a_row_that_is_no_object_does_not_stop_the_import(module, client, sent, rng):
    """A row that is a number, a text, `null` or an array is rejected with empty `problems`, and the rows around it are stored. A text is no object, even if it is the JSON of a reading."""
    good = [sent(), sent()]
    rows = [good[0], rng.randint(1, 99), None, rng.word(), [sent()], None, json.dumps(sent()), good[1]]
    response = client.post("/readings/import", json=rows)
    assert response.status_code == 200, told(
        (
            response.status_code == 500,
            "Rows may be anything, and one of these made your code raise the exception shown below. Who looks at a row "
            "first, your code or the model? And what is there to name if no field is at fault, but the row as a whole?",
        ),
        symptoms(response),
    )
    report = {"stored": 2, "rejected": [{"row": row, "problems": []} for row in range(1, 7)]}
    got = response.json()
    assert got == exactly(report), told(
        (without_numbers(got) == without_numbers(report), NUMBERS),
        (
            got == {"stored": 3, "rejected": report["rejected"][:-1]},
            "Row 6 is a text, even though a reading could be read out of it. It is no object, and is to be rejected.",
        ),
        "Rows 1 to 6 are a number, null, a text, an array, null and a text: no objects, so there are no fields to name.",
    )
    assert stored(module) == exactly([understood(reading) for reading in good]), told(
        (not_a_reading(module), f"{NOT_A_READING} The report is right. {IN_UTC}"),
        f"The report is right, but READINGS does not hold exactly the two good rows. {IN_UTC}",
    )


def test_only_the_list_itself_is_judged_by_fastapi(module, client, sent, rng):
    """An empty array is answered with 200, no row is a reason for a 422, and a body that is JSON but no array is refused with 422 at `["body"]`."""
    response = client.post("/readings/import", json=[])
    assert response.status_code == 200, told((asked_for_a_key(response), A_KEY))
    assert response.json() == exactly({"stored": 0, "rejected": []})
    response = client.post("/readings/import", json=[sent(hive="")])
    assert response.status_code != 422, (
        "One row was wrong, and FastAPI refused the whole list. The rows are for your function to judge."
    )
    for what, body in (("an object", sent()), ("a text", rng.word()), ("a number", rng.randint(1, 99))):
        response = client.post("/readings/import", json=body)
        assert refusal(response) == refused_at("body"), told(
            (response.status_code == 200, f"The body was {what}, and it was taken for an array of rows."),
            f"The body was {what}, where an array is expected.",
        )
        assert stored(module) == [], f"The body was {what}, and something was stored."


def test_the_docs_are_made_from_the_model(docs):
    """The docs show for `POST /readings` a JSON body with the three properties, all required, `kg` of type `number`, `taken_at` in the format `date-time`."""
    body = docs.body("post", "/readings") or {}
    properties = body.get("properties", {})
    found = {
        "properties": sorted(properties),
        "required": sorted(body.get("required", [])),
        "type of kg": properties.get("kg", {}).get("type"),
        "format of taken_at": properties.get("taken_at", {}).get("format"),
    }
    assert found == {
        "properties": ["hive", "kg", "taken_at"],
        "required": ["hive", "kg", "taken_at"],
        "type of kg": "number",
        "format of taken_at": "date-time",
    }, told(
        (
            body == {},
            "The docs know of no fields in this body. They learn of them from the type of your function's parameter.",
        ),
        "The docs describe a reading otherwise than the contract.",
    )
