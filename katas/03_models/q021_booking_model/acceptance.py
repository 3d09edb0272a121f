"""Checks of q021: one booking model for everybody who sends bookings."""

from datetime import UTC, datetime, timedelta, timezone

import pydantic
import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

ROOMS = {"attic": 3, "cellar": 8, "hall": 20}


@pytest.fixture
def a_booking(rng):
    """Makes up a good booking, as JSON, without one field if that is named; what is given replaces what was made up."""

    def make(minutes=None, without=None, **changes):
        room = changes.get("room", rng.choice(list(ROOMS)))
        starts = a_moment(rng)
        ends = starts + timedelta(minutes=minutes or rng.randint(20, 300))
        booking = {
            "band": rng.title(),
            "room": room,
            "starts": starts.isoformat(),
            "ends": ends.isoformat(),
            "people": rng.randint(1, ROOMS.get(room, 3)),
        }
        return {name: value for name, value in (booking | changes).items() if name != without}

    return make


def a_moment(rng, hour=None, offset=None):
    """A full minute of 2027 with a UTC offset."""
    zone = timezone(timedelta(hours=rng.randint(-3, 5) if offset is None else offset))
    hour = rng.randint(8, 20) if hour is None else hour
    return datetime(2027, rng.randint(1, 12), rng.randint(1, 24), hour, rng.randint(0, 59), tzinfo=zone)


def against_their_texts(rng):
    """Two moments whose order as texts is the opposite of their order in time; the earlier one first."""
    west = rng.randint(-3, 1)
    earlier = a_moment(rng, hour=12, offset=west + rng.randint(1, 3))
    later = (earlier + timedelta(minutes=rng.randint(1, 50))).astimezone(timezone(timedelta(hours=west)))
    return earlier, later


def breaks_the_times(a_booking, rng):
    ends = a_moment(rng)
    return a_booking(starts=(ends + timedelta(minutes=rng.randint(1, 90))).isoformat(), ends=ends.isoformat())


def breaks_the_room(a_booking, rng):
    room = rng.choice(["attic", "cellar"])
    return a_booking(room=room, people=ROOMS[room] + rng.randint(1, 5))


def clock(moment):
    return moment.isoformat()[11:16] + moment.isoformat()[19:]


def in_time(earlier, later):
    return (
        f"{clock(earlier)} is earlier than {clock(later)}: offsets count. Without them, two times cannot be compared."
    )


def about_a_rule(response, reason):
    return told(
        (
            response.status_code == 500,
            f"{reason} An exception ended the request. Only some kinds of exception are taken for a broken rule, and "
            "only where pydantic can see them.",
        ),
        (
            400 <= response.status_code < 500 and response.status_code != 422,
            f"{reason} It was refused, but not as invalid input. An exception that names a status of its own goes "
            "straight through pydantic.",
        ),
        (
            refusal(response).startswith("422, but"),
            f"{reason} It was refused, but the answer does not look like FastAPI's own for invalid input.",
        ),
        (
            refusal(response).startswith("422 at body."),
            f"{reason} That concerns two fields, so neither of them is the wrong one: the error belongs to the booking.",
        ),
        reason,
    )


def about_the_minutes(got, minutes):
    """What is told about a wrong number of minutes; nothing if it is wrong in a way of its own."""
    found = got.get("minutes") if isinstance(got, dict) else None
    return told(
        (
            isinstance(found, float) and found == minutes,
            f"The number is right, but it came as {found}, and minutes are whole numbers: {minutes}.",
        ),
        (
            found != minutes and found == minutes % 1440,
            "Whole days are missing. A timedelta keeps its days apart from its seconds.",
        ),
    )


def outcome_of(build, data):
    try:
        return "a booking", build(data)
    except pydantic.ValidationError:
        return "pydantic.ValidationError", None
    except Exception as error:
        return f"{type(error).__name__}: {error}", None


def test_a_good_booking_is_taken(client, a_booking, rng):
    """`POST /bookings` with a good booking answers 201 with its `room`, its whole `minutes` and its `drums`, which are false if left out. A booking may go over midnight and may last several days."""
    late = a_moment(rng, hour=23)
    days = rng.randint(3, 5) * 24 * 60 + rng.randint(20, 300)
    short = rng.randint(20, 300)
    earlier, later = against_their_texts(rng)
    gap = (later - earlier) // timedelta(minutes=1)
    cases = [
        (short, a_booking(minutes=short, drums=True)),
        (short, a_booking(minutes=short, drums=False)),
        (90, a_booking(starts=late.isoformat(), ends=(late + timedelta(minutes=90)).isoformat())),
        (days, a_booking(minutes=days)),
        (gap, a_booking(starts=earlier.isoformat(), ends=later.isoformat())),
        (short, a_booking(minutes=short, band=rng.choice("ABCDE"), people=1)),
    ]
    for minutes, booking in cases:
        response = client.post("/bookings", json=booking)
        assert response.status_code == 201, told(
            (
                response.status_code == 500,
                "The booking is good, and an exception ended the request. If your route was handed None in place of a "
                "booking: what a validator returns is what everybody after it gets.",
            ),
            (
                response.status_code == 422 and booking["starts"] > booking["ends"],
                in_time(earlier, later),
            ),
            (response.status_code == 422, "This booking keeps every rule, and it was refused."),
        )
        expected = {"room": booking["room"], "minutes": minutes, "drums": booking.get("drums", False)}
        got = response.json()
        assert got == exactly(expected), about_the_minutes(got, minutes) or told(
            (booking["starts"][19:] != booking["ends"][19:], "The two times have different offsets, and those count."),
        )


def test_every_field_is_checked(client, a_booking, rng):
    """A field that is missing or wrong is refused with 422 at `["body", <field>]`: `band` has 1 to 40 characters, `room` is a key of `ROOMS`, `starts` and `ends` are date-times with a UTC offset, `people` is a whole number of at least 1, `drums` is a boolean. `null` is none of these."""
    for field in ("band", "room", "starts", "ends", "people"):
        response = client.post("/bookings", json=a_booking(without=field))
        assert refusal(response) == refused_at(f"body.{field}"), told(
            (
                response.status_code == 500,
                f"`{field}` was left out, and an exception ended the request before pydantic had reported that.",
            ),
            f"`{field}` was left out.",
        )
    naive = "without an offset nobody knows which moment this is"
    wrong = [
        ("band", "", "it is empty"),
        ("band", "b" * 41, "it has 41 characters"),
        ("room", rng.word(4), "there is no such room"),
        ("people", 0, "nobody comes"),
        ("people", 1.5, "it is not a whole number"),
        ("people", rng.word(), "it is a word"),
        ("starts", "2027-02-03T04:05:00", naive),
        ("ends", "2028-02-03T04:05:00", naive),
        ("starts", rng.word(), "it is a word"),
        ("ends", rng.word(), "it is a word"),
        ("drums", rng.word(), "it is a word"),
        *((field, None, "it is null") for field in ("band", "room", "starts", "ends", "people", "drums")),
    ]
    for field, value, reason in wrong:
        response = client.post("/bookings", json=a_booking(**{field: value}))
        assert refusal(response) == refused_at(f"body.{field}"), f"Only `{field}` is wrong in this booking: {reason}."
    longest = client.post("/bookings", json=a_booking(band=rng.word(20)))
    assert longest.status_code == 201, "A band's name may have 40 characters, and this one has."


def test_a_misspelt_field_is_refused(client, a_booking):
    """A field that a booking does not have is refused with 422 at `["body", <its name>]`."""
    response = client.post("/bookings", json=a_booking(drum=True))
    assert refusal(response) == refused_at("body.drum"), told(
        (
            response.status_code == 201,
            "`drum` was dropped without a word. The band has no drums now, and nobody knows why.",
        ),
    )


def test_a_booking_ends_after_it_starts(client, a_booking, rng):
    """`ends` is later than `starts`, as moments in time, whatever their offsets are; otherwise the booking as a whole is refused with 422 at `["body"]`."""
    earlier, later = against_their_texts(rng)
    good = client.post("/bookings", json=a_booking(starts=earlier.isoformat(), ends=later.isoformat()))
    assert good.status_code == 201, in_time(earlier, later)
    same = a_moment(rng)
    elsewhere = same.astimezone(UTC if same.utcoffset() else timezone(timedelta(hours=1)))
    before = same - timedelta(minutes=rng.randint(1, 90))
    cases = [
        (same, before, "It ends before it starts."),
        (same, same, "It ends at the very moment at which it starts."),
        (same, elsewhere, f"{clock(same)} and {clock(elsewhere)} are the same moment."),
        (later, earlier, in_time(earlier, later)),
    ]
    for starts, ends, reason in cases:
        response = client.post("/bookings", json=a_booking(starts=starts.isoformat(), ends=ends.isoformat()))
        assert refusal(response) == refused_at("body"), about_a_rule(response, reason)


def test_a_room_holds_only_so_many(client, a_booking, rng):
    """`people` is at most the number that `ROOMS` has for the room; otherwise the booking as a whole is refused with 422 at `["body"]`."""
    for room, number in ROOMS.items():
        full = client.post("/bookings", json=a_booking(room=room, people=number))
        assert full.status_code == 201, f"The {room} holds {number} people, and {number} come."
        response = client.post("/bookings", json=a_booking(room=room, people=number + 1))
        assert refusal(response) == refused_at("body"), about_a_rule(
            response, f"The {room} holds {number} people, and {number + 1} come."
        )


def test_field_errors_come_before_rules(client, a_booking, rng):
    """While a field of a booking is wrong, missing or unknown, only this is reported, and the rules across its fields are not."""
    backwards = breaks_the_times(a_booking, rng)
    crowded = breaks_the_room(a_booking, rng)
    cases = [
        ("people", backwards | {"people": 0}, "`people` is 0, and it ends before it starts"),
        ("band", backwards | {"band": ""}, "`band` is empty, and it ends before it starts"),
        ("band", crowded | {"band": ""}, "`band` is empty, and too many people come"),
        ("starts", crowded | {"starts": rng.word()}, "`starts` is a word, and too many people come"),
        ("room", a_booking(room=rng.word(4), people=50), "there is no such room, and 50 people come"),
        ("room", a_booking(without="room", people=50), "`room` was left out, and 50 people come"),
        (
            "ends",
            {key: crowded[key] for key in crowded if key != "ends"},
            "`ends` was left out, and too many people come",
        ),
        ("drum", crowded | {"drum": True}, "`drum` is no field of a booking, and too many people come"),
    ]
    for field, booking, fault in cases:
        response = client.post("/bookings", json=booking)
        assert refusal(response) == refused_at(f"body.{field}"), told(
            (
                response.status_code == 500,
                f"In this booking {fault}. An exception ended the request. A rule may only look at fields that are good.",
            ),
            f"In this booking {fault}. As long as a field is bad, only that is reported.",
        )


def test_a_term_is_checked_booking_by_booking(client, a_booking, rng):
    """`POST /bookings/term` with a list of bookings answers 201 with their `count` and the sum of their `minutes`, or 422 with the faults of all bookings, each with the index of its booking after `"body"`."""
    lengths = [rng.randint(20, 300) for _ in range(rng.randint(2, 4))] + [2 * 24 * 60 + rng.randint(1, 50)]
    good = client.post("/bookings/term", json=[a_booking(minutes=length) for length in lengths])
    assert good.status_code == 201, "Every booking of this list is good."
    got, minutes = good.json(), sum(lengths)
    assert got == exactly({"count": len(lengths), "minutes": minutes}), about_the_minutes(got, minutes)

    faults = rng.shuffled(
        [
            ("", "", a_booking()),
            ("", "", a_booking()),
            (".people", "has a word for `people`", a_booking(people=rng.word())),
            (".band", "has an empty `band` and too many people", breaks_the_room(a_booking, rng) | {"band": ""}),
            (" ", "ends before it starts", breaks_the_times(a_booking, rng)),
            (" ", "has too many people", breaks_the_room(a_booking, rng)),
        ]
    )
    expected = [f"body.{index}{place.strip()}" for index, (place, _, _) in enumerate(faults) if place]
    listed = ", ".join(f"{index} {fault}" for index, (_, fault, _) in enumerate(faults) if fault)
    response = client.post("/bookings/term", json=[booking for _, _, booking in faults])
    assert refusal(response) == refused_at(*expected), told(
        (
            response.status_code == 500,
            f"Of these bookings, counted from 0, {listed}. An exception ended the request: FastAPI answers 422 by itself "
            "only for what it validates itself, before your function runs.",
        ),
        (
            response.status_code == 201,
            f"Of these bookings, counted from 0, {listed}. All of them were taken.",
        ),
        f"Of these bookings, counted from 0, {listed}. What is checked for a single booking is checked for each of a "
        "list, too, and all faults come in one answer.",
    )


def test_the_model_needs_no_http(module, a_booking, rng):
    """Without any HTTP, `Booking(...)` and `Booking.model_validate({...})` give a booking with all its attributes, or raise `pydantic.ValidationError` for whatever is wrong with it, rules included."""
    model = getattr(module, "Booking", None)
    assert isinstance(model, type) and issubclass(model, pydantic.BaseModel), "app.py has no pydantic model `Booking`."
    ways = {
        "Booking(...)": lambda data: model(**data),
        "Booking.model_validate({...})": lambda data: model.model_validate(data),
    }
    good = a_booking()
    moments = {name: datetime.fromisoformat(good[name]) for name in ("starts", "ends")}
    for way, build in ways.items():
        for data in (good | moments, good | {"drums": True}):
            outcome, booking = outcome_of(build, data)
            assert outcome == "a booking", f"{way} got a good booking."
            expected = {"drums": False} | data | moments
            attributes = {name: getattr(booking, name, "(no such attribute)") for name in expected}
            attributes["room"] = getattr(attributes["room"], "value", attributes["room"])
            assert attributes == expected, told(
                (booking is None, f"{way} gave None: what a validator returns is what comes out."),
                f"{way} gave an object with other attributes.",
            )
    bad = [
        ("that ends before it starts", breaks_the_times(a_booking, rng)),
        ("with more people than its room holds", breaks_the_room(a_booking, rng)),
        ("without `people`", a_booking(without="people")),
        ("with an empty `band`", a_booking(band="")),
        ("with an unknown room", a_booking(room=rng.word(4))),
        ("with an unknown field", a_booking(drum=True)),
        ("whose `starts` has no offset", a_booking(starts="2027-02-03T04:05:00")),
    ]
    for what, data in bad:
        for way, build in ways.items():
            outcome, _ = outcome_of(build, data)
            assert outcome == "pydantic.ValidationError", told(
                (
                    outcome == "a booking",
                    f"{way} took a booking {what}. The import script would get past this rule: it does not pass through "
                    "your routes.",
                ),
                f"{way} got a booking {what}. The import script expects pydantic's ValidationError and got another "
                "exception.",
            )
