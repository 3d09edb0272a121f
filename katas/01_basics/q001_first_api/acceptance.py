"""Checks of q001: nights between two dates."""

from datetime import date, timedelta

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

PATH = "/nights/{arrival}/{departure}"


def some_day(rng):
    return date(rng.randint(1990, 2090), 1, 1) + timedelta(days=rng.randint(0, 364))


def stay_within_a_month(rng):
    """Two days of one month, the first before the second."""
    year, month = rng.randint(1990, 2090), rng.randint(1, 12)
    first, second = sorted(rng.numbers(2, 1, 28))
    return date(year, month, first), date(year, month, second)


def not_a_day(rng):
    """Texts that no calendar knows: a word, a thirteenth month, and days that their month does not have."""
    year = rng.randint(1990, 2090)
    common = rng.choice([1997, 2023, 2026, 2027, 2031])
    return [
        rng.word(),
        f"{year}-13-{rng.randint(1, 28):02}",
        f"{common}-02-29",
        f"{year}-{rng.choice(['04', '11'])}-31",
    ]


def no_answer(response):
    """What a status other than 200 has to say about the route."""
    return (
        (
            response.status_code == 404,
            "No route of yours answers at this address. Compare the path in your decorator with the contract: `nights`, and "
            "behind it both names in braces.",
        ),
        (
            response.status_code == 405,
            "The address is known, but not for `GET`. The decorator's name is the method it answers to.",
        ),
        (
            response.status_code == 307,
            "There is a route at this address with a slash at its end, and FastAPI points there. The contract has no such slash.",
        ),
        (
            response.status_code == 422,
            "Both dates are good ones, yet they were refused. When FastAPI refuses, `loc` says where it looked and what it missed.",
        ),
        (
            response.status_code == 500,
            "An exception ended the request; it is shown below. If it speaks of `str`: whatever stands in an address is text, until a "
            "type hint says what to make of it.",
        ),
    )


def nights_in(answer):
    return answer.get("nights") if isinstance(answer, dict) else None


def test_nights_between_two_dates(client, rng):
    """`GET /nights/{arrival}/{departure}` answers 200, and `nights` is the whole number of days from arrival to departure, 0 if they are the same day."""
    for apart in (1, rng.randint(2, 31), rng.randint(32, 365), rng.randint(366, 400), 0):
        arrival = some_day(rng)
        departure = arrival + timedelta(days=apart)
        response = client.get(f"/nights/{arrival}/{departure}")
        assert response.status_code == 200, told(*no_answer(response))
        got = nights_in(response.json())
        assert got == exactly(apart), told(
            (got is None, "The answer has no key `nights`, or it is no object at all."),
            (
                isinstance(got, float) and got == apart,
                "The number is right, but `nights` has to be whole: without a decimal point.",
            ),
            (
                got in (apart * 86400, f"P{apart}D"),
                "This is a span of time, told in seconds or as a text. The difference of two dates is more than a "
                "number: ask it for its days.",
            ),
            (apart == 0, "Somebody who arrives and departs on the same day stays for no night at all."),
            f"From {arrival} to {departure} it is {apart} night{'s' * (apart != 1)}. With a `date` on both parameters you can "
            "subtract them, across months and years.",
        )


def test_leap_day_counts(client):
    """From 28 February to 1 March it is two nights in 2028, a leap year, and one night in 2027."""
    for year, nights in ((2028, 2), (2027, 1)):
        response = client.get(f"/nights/{year}-02-28/{year}-03-01")
        assert response.status_code == 200, told(*no_answer(response))
        assert nights_in(response.json()) == exactly(nights), told(
            "Months differ in length, and February even with the year. Let `date` do the calendar's arithmetic: subtract "
            "whole dates, not parts of them."
        )


def test_answer_is_exactly_three_keys_with_iso_dates(client, rng):
    """The answer is an object of exactly `arrival`, `departure` and `nights`, and both dates are written as they came, `YYYY-MM-DD`."""
    arrival, departure = stay_within_a_month(rng)
    expected = {"arrival": str(arrival), "departure": str(departure), "nights": (departure - arrival).days}
    response = client.get(f"/nights/{arrival}/{departure}")
    assert response.status_code == 200, told(*no_answer(response))
    got = response.json()
    assert got == exactly(expected), told(
        (not isinstance(got, dict), "The answer has to be an object: names with values, in Python a dict or a model."),
        (
            "T00:00:00" in str(got),
            "Each date has gained a time of day. That belongs to another type: which one did you annotate?",
        ),
        (
            isinstance(got, dict) and set(got) != set(expected),
            f"The keys are to be {', '.join(expected)}: these and no others.",
        ),
        "The keys are right, one of the values is not.",
    )


def test_departure_before_arrival_is_negative(client, rng):
    """A departure before the arrival is answered with a negative number of `nights`, and each date stays under its own name."""
    departure, arrival = stay_within_a_month(rng)
    expected = {"arrival": str(arrival), "departure": str(departure), "nights": (departure - arrival).days}
    response = client.get(f"/nights/{arrival}/{departure}")
    assert response.status_code == 200, told(
        *no_answer(response), "The contract asks for the plain difference, and a negative one is no error."
    )
    got = response.json()
    assert got == exactly(expected), told(
        (
            nights_in(got) == -expected["nights"],
            "The number came out positive. Give the plain difference: neither sort the two dates nor drop the sign.",
        ),
    )


def test_impossible_date_is_refused_with_its_place(client, rng):
    """A text that is no day of the calendar is refused with 422 and FastAPI's own error body, whose `loc` names the one date that is wrong."""
    good = some_day(rng)
    for bad in not_a_day(rng):
        for place, address in (("arrival", f"/nights/{bad}/{good}"), ("departure", f"/nights/{good}/{bad}")):
            response = client.get(address)
            assert refusal(response) == refused_at(f"path.{place}"), told(
                (
                    response.status_code == 500,
                    f"An exception ended the request; it is shown below. If “{bad}” reached your function: a type hint lets "
                    "FastAPI look at the text first, so that your function only ever sees real dates.",
                ),
                (
                    response.status_code == 200,
                    f"“{bad}” is no day of the calendar, and it was accepted as the {place}.",
                ),
                (
                    refusal(response) == "422, but not in FastAPI's own form",
                    "This refusal is home-made. FastAPI refuses by itself, and names the place, if the hint says what "
                    "kind of value you want.",
                ),
                (
                    response.status_code == 422,
                    f"The refusal has to name {place} in the path, and nothing else.",
                ),
                (response.status_code == 404, "No route of yours answers at this address."),
            )


def test_both_dates_wrong_are_reported_together(client, rng):
    """If both dates are wrong, one 422 answer names them both."""
    response = client.get(f"/nights/{rng.word(2)}/{rng.randint(1990, 2090)}-02-31")
    assert refusal(response) == refused_at("path.arrival", "path.departure"), told(
        (
            response.status_code == 422,
            "FastAPI's own refusal names every fault at once, because it looks at all values before your function is "
            "called. Code that looks at one after the other stops at the first.",
        ),
        (
            response.status_code == 500,
            "An exception ended the request. FastAPI can refuse both texts before your function is called.",
        ),
        (response.status_code == 404, "No route of yours answers at this address."),
    )


def test_docs_describe_two_date_parameters(docs):
    """The OpenAPI document lists `GET /nights/{arrival}/{departure}` with exactly two parameters: `arrival` and `departure`, in the path, required, of type `string` and format `date`."""
    listed = sorted(f"{method.upper()} {path}" for path, methods in docs.routes.items() for method in methods)
    assert f"GET {PATH}" in listed, told(
        (listed == [], "The docs list no route at all: there is none yet."),
        (
            not any("{" in route for route in listed),
            "Your route is listed with a path without braces, so no part of it can be a date.",
        ),
        "The docs list other routes than the contract. The method, the words and the names in braces all count.",
    )
    parameters = docs.parameters("get", PATH)
    described = {
        name: {"place": parameter.place, "required": parameter.required}
        | {key: parameter.schema.get(key) for key in ("type", "format")}
        for name, parameter in parameters.items()
    }
    one = {"place": "path", "required": True, "type": "string", "format": "date"}
    assert described == exactly({"arrival": one, "departure": one}), told(
        (
            set(described) == {"arrival", "departure"},
            "The docs know only what the hints say. What do they say about the kind of value that each parameter is?",
        ),
        "The docs list other parameters than the two names in the path: every parameter of your function is one.",
    )


def test_docs_page_carries_the_title(app, client):
    """The API's title is `Cottage Calendar`, and the page `/docs` answers 200 and shows it."""
    assert app.title == "Cottage Calendar", told(
        (
            app.title == "FastAPI",
            "Nobody gave the API a title, so it calls itself FastAPI. It gets a title where the application is made.",
        ),
        "The API carries another title. Every letter and every blank counts.",
    )
    response = client.get("/docs")
    assert response.status_code == 200, told(
        "The docs are not at /docs, where FastAPI puts them unless it is told otherwise."
    )
    assert ("Cottage Calendar" in response.text) is True, told("The page /docs does not show the title.")
