"""Checks of q005: one function, called with text over HTTP and with objects from Python."""

import asyncio
import inspect
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

BANDS = ["red", "green", "blue", "clear"]


@pytest.fixture
def night(rng):
    """A target, a start and an exposure of this run, as Python objects."""
    start = datetime(2026, rng.randint(1, 12), rng.randint(1, 28), rng.randint(17, 23), rng.randint(0, 59), tzinfo=UTC)
    return {
        "target": UUID(int=rng.getrandbits(128), version=4),
        "start": start,
        "exposure": timedelta(hours=rng.randint(0, 2), minutes=rng.randint(1, 59), seconds=rng.randint(1, 59)),
    }


def address(night):
    return f"/plans/{night['target']}"


def query(night, **others):
    seconds = int(night["exposure"].total_seconds())
    exposure = f"PT{seconds // 3600}H{seconds // 60 % 60}M{seconds % 60}S"
    return {"start": f"{night['start']:%Y-%m-%dT%H:%M:%SZ}", "exposure": exposure, **others}


def instant(value):
    """A moment in UTC, for comparison; what is no moment with an offset stays as it is."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment.tzinfo else str(value)
    except (ValueError, AttributeError):
        return value


def in_utc(body):
    return {**body, "ends_at": instant(body["ends_at"])} if isinstance(body, dict) and "ends_at" in body else body


def plan_of(night, frames=1, band="clear"):
    ends_at = instant(night["start"] + frames * night["exposure"])
    return {"target": str(night["target"]), "band": band, "ends_at": ends_at}


def asked(client, path, params, why=""):
    response = client.get(path, params=params)
    assert response.status_code == 200, told(
        (
            response.status_code == 422,
            f"{why or 'A good value was refused.'} When FastAPI refuses, `loc` names it. Which type did you give it?",
        ),
        (
            response.status_code == 500,
            "An exception ended the request; it is shown below. Everything in an address is text. A parameter without a hint stays "
            "text, and adding or multiplying text does not make a time.",
        ),
    )
    return in_utc(response.json())


def test_strings_become_objects_that_can_be_calculated_with(night, client, rng):
    """`GET /plans/{target}` answers `target`, `band` and `ends_at`, the moment of `start` plus `frames` times `exposure`."""
    for band in rng.shuffled(BANDS):
        frames = rng.randint(2, 2000)
        got = asked(client, address(night), query(night, frames=frames, band=band))
        assert got == exactly(plan_of(night, frames, band)), told(
            (
                isinstance(got, dict) and got.keys() == {"target", "band", "ends_at"},
                f"After {frames} frames, one after the other, it is the expected time. (For comparison, `ends_at` is shown in UTC.)",
            ),
            "The answer has `target`, `band` and `ends_at`, and nothing else.",
        )


def test_other_spellings_of_the_same_values_are_understood(night, client, rng):
    """A UUID in capitals without hyphens, a `start` with another offset, and durations such as `PT1H2M` and `PT0.5S` are understood. The answer spells the UUID in small letters with hyphens, and `ends_at` is the right moment, to the fraction of a second."""
    minutes, tenths = 60 * rng.randint(1, 3) + rng.randint(1, 59), 10 * rng.randint(1, 50) + rng.choice([1, 3, 7, 9])
    for exposure, length in (
        ("PT1H2M", timedelta(minutes=62)),
        (f"PT{minutes // 60}H{minutes % 60}M", timedelta(minutes=minutes)),
        ("PT0.5S", timedelta(seconds=0.5)),
        (f"PT{tenths // 10}.{tenths % 10}S", timedelta(seconds=tenths / 10)),
    ):
        night["exposure"], frames = length, rng.choice([3, 7, 9])
        there = night["start"].astimezone(timezone(timedelta(hours=-rng.choice([3, 7, 10]))))
        params = {"start": there.isoformat(), "exposure": exposure, "frames": frames}
        path = f"/plans/{night['target'].hex.upper()}"
        got = asked(client, path, params, "One value was spelled in another way than usual, and refused.")
        assert got == exactly(plan_of(night, frames)), told(
            (
                isinstance(got, dict) and got.get("target") != str(night["target"]),
                "The UUID did not come back in small letters with hyphens. With the right hint, your function gets a UUID and not the "
                "text of the address.",
            ),
            (
                "." in exposure,
                f"{frames} times {exposure} is not a whole number of seconds, and the fraction counts. (For comparison, `ends_at` is "
                "shown in UTC.)",
            ),
            f"{frames} times {params['exposure']} after {params['start']} is the expected time. (For comparison, `ends_at` is shown in UTC.)",
        )


def test_frames_and_band_have_defaults(night, client):
    """Without `frames`, one frame is planned. Without `band`, it is `clear`."""
    response = client.get(address(night), params=query(night))
    assert response.status_code == 200, told(
        (
            response.status_code == 422,
            "`frames` and `band` may be left out. A hint says what a value is; whether it may be missing is said by something else.",
        ),
    )
    assert in_utc(response.json()) == exactly(plan_of(night)), (
        "Neither `frames` nor `band` was sent. (For comparison, `ends_at` is shown in UTC.)"
    )


def test_each_wrong_value_is_refused_by_name(night, client, rng):
    """A value that is not what the contract says, and a missing `start` or `exposure`, is refused with FastAPI's own 422 at its place. If several are wrong, one answer names all of them."""
    asked(client, address(night), query(night, frames=1, band="red"))
    good = query(night, frames=2, band="blue")
    wrong = [
        *(("start", text) for text in ("tonight", None)),
        *(("exposure", text) for text in ("a while", None)),
        *(("frames", number) for number in ("0", "-2", "2.5", rng.word())),
        *(("band", word) for word in ("infrared", rng.word())),
    ]
    for name, value in wrong:
        params = {key: text for key, text in (good | {name: value}).items() if text is not None}
        response = client.get(address(night), params=params)
        assert refusal(response) == refused_at(f"query.{name}"), told(
            (
                response.status_code == 500,
                f"`{name}` reached your code as it was, and your code could do nothing with it. Its hint should have stopped it.",
            ),
            (
                response.status_code == 200 and value is None,
                f"`{name}` was left out, and the request went through. A parameter without a default is required.",
            ),
            (response.status_code == 200, f"`{name}={value}` went through. Say in the hint which values you allow."),
            f"`{name}` is the only thing that is wrong in this request.",
        )
    several = client.get(
        "/plans/M31", params={"start": "tonight", "exposure": "a while", "frames": 0, "band": "infrared"}
    )
    places = ("path.target", "query.start", "query.exposure", "query.frames", "query.band")
    assert refusal(several) == refused_at(*places), "All five values are wrong, and one answer has to name all of them."


def test_docs_are_written_by_the_hints(docs):
    """The docs list the five parameters with their places, required or optional. The formats are `uuid`, `date-time` and `duration`, `frames` is an `integer`, and `band` has an `enum` of the four words."""
    assert docs.places("get", "/plans/{target}") == {
        "target": "path, required",
        "start": "query, required",
        "exposure": "query, required",
        "frames": "query, optional",
        "band": "query, optional",
    }, "The docs copy the signature of your function: its parameters, and whether they have a default."
    schemas = {
        name: docs.not_null(parameter.schema) for name, parameter in docs.parameters("get", "/plans/{target}").items()
    }
    listed = {
        "target": schemas["target"].get("format"),
        "start": schemas["start"].get("format"),
        "exposure": schemas["exposure"].get("format"),
        "frames": schemas["frames"].get("type"),
        "band": words_of(docs, schemas["band"]),
    }
    assert listed == {
        "target": "uuid",
        "start": "date-time",
        "exposure": "duration",
        "frames": "integer",
        "band": sorted(BANDS),
    }, (
        "The schema of a parameter is made from its hint, and from nothing else. What a function does inside, the docs cannot know."
    )


def words_of(docs, schema):
    """The words that a schema allows, sorted, wherever it keeps them; None if it allows any."""
    parts = docs.alternatives(schema)
    if not all("enum" in part or "const" in part for part in parts):
        return None
    return sorted(str(word) for part in parts for word in part.get("enum", [part.get("const")]))


def test_return_hint_documents_the_answer(docs):
    """The docs show a 200 answer with the properties `target`, `band` and `ends_at` and no others; `target` has the format `uuid` and `ends_at` has `date-time`."""
    answer = docs.answer("get", "/plans/{target}") or {}
    properties = answer.get("properties", {})
    listed = {name: schema.get("format") for name, schema in properties.items() if name != "band"}
    assert listed | ({"band": None} if "band" in properties else {}) == {
        "target": "uuid",
        "ends_at": "date-time",
        "band": None,
    }, told(
        (
            not properties,
            "The docs know nothing about the answer. FastAPI does not look inside your function: what it returns has to be said outside.",
        ),
        "These are the properties of the answer, each with its format (null means that any will do). They come from the type that "
        "you declared for the answer.",
    )


def test_function_stays_an_ordinary_function(night, client, module, rng):
    """Python code may call `plan_exposure(target=…, start=…, exposure=…)` with objects, with or without `frames`, and gets a dict or an object with the right `datetime` as `ends_at`."""
    asked(client, address(night), query(night, frames=1, band="clear"))
    function = getattr(module, "plan_exposure", None)
    assert callable(function), "There is no function `plan_exposure` in app.py, and the scheduler wants to call it."
    for frames in (rng.randint(2, 30), None):
        got = called(function, night if frames is None else night | {"frames": frames})
        expected = night["start"] + (frames or 1) * night["exposure"]
        assert got == expected, told(
            (
                frames is None and default_of(function, "frames") is inspect.Parameter.empty,
                "`frames` has no default here, so Python insists on it as well.",
            ),
            (
                frames is None and not isinstance(default_of(function, "frames"), int | None),
                "Without `frames`, Python uses the default of your function, and that is not a number but an object that describes "
                "a parameter. Such descriptions have a better place: next to the type.",
            ),
            (
                isinstance(got, str),
                "Called from Python, with a UUID, a datetime and a timedelta, the function did not give a datetime as `ends_at`.",
            ),
        )


def default_of(function, name):
    try:
        return inspect.signature(function).parameters[name].default
    except (ValueError, TypeError, KeyError):
        return 1


def called(function, arguments):
    """What a call gives as `ends_at`; or, as text, what came instead."""

    async def awaited(result):
        return await result

    try:
        result = function(**arguments)
        if inspect.isawaitable(result):
            result = asyncio.run(awaited(result))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    ends_at = result.get("ends_at") if isinstance(result, dict) else getattr(result, "ends_at", None)
    return ends_at if isinstance(ends_at, datetime) else f"as `ends_at`: {ends_at!r}"
