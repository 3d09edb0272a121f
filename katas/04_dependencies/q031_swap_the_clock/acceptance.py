"""Checks of q031: the day and the post come from outside."""

import re
from datetime import date, timedelta

import pytest

from pytest_fastapi_kata.checks import exactly, told


class AnotherClock:
    """A clock that desk.py knows nothing of."""

    def __init__(self, day):
        self.day = day

    def today(self):
        return self.day


class Spy:
    """A mailer that desk.py knows nothing of: it keeps what it was to send."""

    def __init__(self):
        self.sent = []

    def send(self, to, text):
        self.sent.append((to, text))


@pytest.fixture
def desk(given):
    """The kit's own copy of desk.py; its list `came_in` has what was sent through a `Letterbox`."""
    desk = given("desk", came_in=[])
    send = desk.Letterbox.send

    def noted(letterbox, to, text):
        desk.came_in.append((to, text))
        send(letterbox, to, text)

    desk.Letterbox.send = noted
    return desk


@pytest.fixture
def day(desk, rng):
    """The day that the wall clock shows in this check, some years ago."""
    shown = date(2017, 1, 1) + timedelta(rng.randint(0, 2000))

    def today(self):
        return shown

    # An exception that names this method reads as if it were the given one.
    today.__qualname__ = "WallClock.today"
    desk.WallClock.today = today
    return shown


@pytest.fixture
def lend(desk, rng):
    """Lends a book that is due on a day, and gives the loan's number with the loan as the check remembers it."""
    numbers = iter(rng.numbers(9, 200, 9999))

    def one(due):
        number, facts = next(numbers), {"reader": f"{rng.word()}@example.org", "title": rng.title(3), "due": due}
        desk.loans[number] = desk.Loan(**facts)
        return number, desk.Loan(**facts)

    for _ in range(2):
        one(date(2016, 1, 1) + timedelta(rng.randint(0, 300)))
    return one


@pytest.fixture
def swap(desk, app, module):
    """Puts another part in the place of what a function of the learner's provides."""
    del desk  # only to be there before the import

    def put(name, part):
        provider = getattr(module, name, None)
        assert callable(provider), f"`app.py` has no function `{name}`. Others need it: they put another in its place."

        # Only who leaves the call to FastAPI gets the part out of it.
        def provide():
            yield part

        app.dependency_overrides[provider] = provide
        return part

    return put


def days_late(loan, day):
    return max(0, (day - loan.due).days)


def shown(loan, day):
    return {"title": loan.title, "due": loan.due.isoformat(), "days_late": days_late(loan, day)}


def letter(loan, day):
    return loan.reader, f"{loan.title} is {days_late(loan, day)} days late"


def number_in(value):
    """The `days_late` of an answer, or of the text of the first of some letters; None if there is none."""
    if isinstance(value, dict):
        return value.get("days_late")
    found = re.search(r"(\d+) days late$", str(value[0][-1])) if value else None
    return found and int(found[1])


def from_day(value, loan, day):
    """Whether an answer or some letters were worked out with this day."""
    return number_in(value) == (day - loan.due).days


def system_day(value, loan):
    """The symptom of a day that came of no clock that the check knows."""
    return (
        from_day(value, loan, date.today()),
        "This was worked out with the date of the system. The day has to come from the clock that `get_clock` gives.",
    )


def no_answer(response):
    """What a status other than 200 may mean."""
    return told(
        (response.status_code == 404 and "No such loan" in response.text, "This number is in `loans`."),
        (response.status_code in (404, 405), "There seems to be no route for this method and path."),
        (
            response.status_code == 422,
            "FastAPI misses something in this request, which is complete; `loc` in the answer says what. What your function "
            "wants and FastAPI is not told how to make, it asks of the caller.",
        ),
    )


def test_the_real_clock_and_letterbox_are_the_default(desk, day, lend, client, rng):
    """If nothing is replaced, `GET /loans/{number}` answers exactly `title`, `due` and `days_late` by the day of the `WallClock` and sends nothing, and `POST /loans/{number}/notice` for a late book answers `{"sent": true}` and sends one mail through the `Letterbox`. A second `POST` sends one more."""
    number, loan = lend(day - timedelta(rng.randint(2, 90)))
    response = client.get(f"/loans/{number}")
    assert response.status_code == 200, no_answer(response)
    got, expected = response.json(), shown(loan, day)
    assert got == exactly(expected), told(
        (
            isinstance(got, dict) and from_day(got, loan, date.today()),
            "This was worked out with the date of the system. In this check the `WallClock` shows another day, and the day "
            "has to come from the clock.",
        ),
        (
            isinstance(got, dict) and got.keys() == expected.keys() and got["days_late"] != expected["days_late"],
            f"The `WallClock` shows {day}, and the book was due on {loan.due}.",
        ),
        "The answer is not the loan as the contract shows it.",
    )
    assert desk.posted == [], "A `GET` has put a letter into the `Letterbox`. It only shows, and sends nothing."
    expected = []
    for _ in range(2):
        response = client.post(f"/loans/{number}/notice")
        assert response.status_code == 200, no_answer(response)
        assert response.json() == exactly({"sent": True}), f"The book was due on {loan.due}, and it is {day}."
        expected.append(letter(loan, day))
        assert desk.posted == expected, told(
            (
                len(desk.posted) == 1 and len(expected) == 2,
                "The first `POST` for this book sent a mail, and the second did not. Each of them sends one.",
            ),
            (
                len(desk.posted) < len(expected),
                "The answer says that a mail was sent, and there is no letter for it in `posted`. Which mailer did your "
                "route use, and was it called?",
            ),
            (len(desk.posted) > len(expected), "One request for a late book sends one mail."),
            system_day(desk.posted, loan),
            "The letter is not what the contract says. This list is `posted`, with address and text of each letter.",
        )
        assert desk.came_in == expected, (
            "The letter lies in `posted`, and no `Letterbox` got it to send. What does your `get_mailer` return?"
        )


def test_a_reader_in_time_gets_no_mail(desk, day, lend, client, rng):
    """A book that is due today or later has 0 `days_late`; `POST` answers `{"sent": false}` and sends nothing. A book that was due yesterday is 1 day late and gets its mail."""
    for days in (0, rng.randint(2, 40), -1):
        number, loan = lend(day + timedelta(days))
        due = {0: "today", -1: "yesterday"}.get(days, f"in {days} days")
        response = client.get(f"/loans/{number}")
        assert response.status_code == 200, no_answer(response)
        got = response.json()
        assert got == exactly(shown(loan, day)), told(
            (
                isinstance(got, dict) and days > 0 and from_day(got, loan, day),
                f"The book is due {due}. A book that is not late has 0 `days_late`, never a number below it.",
            ),
            f"The book is due {due}, by the day of the `WallClock`.",
        )
        response = client.post(f"/loans/{number}/notice")
        assert response.status_code == 200, no_answer(response)
        late = days < 0
        got = {"answer": response.json(), "letters": desk.posted}
        assert got == {"answer": {"sent": late}, "letters": [letter(loan, day)] if late else []}, told(
            (
                not late and got["letters"] != [],
                f"The book is due {due}, and a letter was sent. Whoever is in time gets no mail.",
            ),
            (not late, f"The book is due {due}, so no mail is sent, and the answer says so."),
            (got["letters"] == [], "The book was due yesterday, so it is late, and there is no letter."),
            "The book was due yesterday: that makes 1 day, and one letter.",
        )


def test_an_unknown_loan_is_404(desk, day, lend, swap, client, rng):
    """A number that is not in `loans` gets 404 and exactly `{"detail": "No such loan"}` from both routes, and no mail is sent, be it through the real mailer or another."""
    number, _loan = lend(day - timedelta(rng.randint(2, 90)))
    response = client.get(f"/loans/{number}")
    assert response.status_code == 200, no_answer(response)
    desk.posted.clear()
    swap("get_clock", AnotherClock(day))
    spy = swap("get_mailer", Spy())
    unknown = rng.randint(10_000, 99_999)
    for method, path in (("GET", f"/loans/{unknown}"), ("POST", f"/loans/{unknown}/notice")):
        response = client.request(method, path)
        assert response.status_code == 404, told(
            (
                response.status_code == 500,
                f"There is no loan {unknown}, and an exception ended the request; it is shown below. Whoever asks for "
                "something that is not there should be told so, with 404.",
            ),
            f"There is no loan {unknown}.",
        )
        assert response.json() == exactly({"detail": "No such loan"})
        assert spy.sent + desk.posted == [], f"There is no loan {unknown}, and yet a mail was sent."


def test_one_swap_of_the_clock_reaches_every_route(desk, day, lend, swap, client, rng):
    """With another clock in the place of `get_clock`, both routes work with its day: `days_late` in the answer of `GET`, and the text of the mail that `POST` sends."""
    number, loan = lend(day - timedelta(rng.randint(2, 90)))
    far = date(2040, 1, 1) + timedelta(rng.randint(0, 2000))
    swap("get_clock", AnotherClock(far))
    broke = (
        "The clock was replaced, by way of a function with `yield`, and the request ended with an exception; it is shown "
        "below. FastAPI calls such a function and passes on what it yields: an object that has `today()`, which has to be "
        "enough."
    )
    response = client.get(f"/loans/{number}")
    assert response.status_code == 200, told((response.status_code == 500, broke), no_answer(response))
    got = response.json()
    assert got == exactly(shown(loan, far)), told(
        (
            from_day(got, loan, day),
            f"The clock was replaced by one that shows {far}, and `GET` still reads the `WallClock`. Only what FastAPI "
            "provides by calling `get_clock`, as a dependency of your function, can be replaced from outside.",
        ),
        system_day(got, loan),
        f"The clock was replaced by one that shows {far}.",
    )
    desk.posted.clear()
    response = client.post(f"/loans/{number}/notice")
    assert response.status_code == 200, told((response.status_code == 500, broke), no_answer(response))
    got = desk.posted
    assert got == [letter(loan, far)], told(
        (
            from_day(got, loan, day),
            "`GET` uses the clock that was put in, and `POST` still reads the `WallClock`. Where does that route get its day?",
        ),
        system_day(got, loan),
        f"The clock was replaced by one that shows {far}, so the book is late. These are the letters in `posted`.",
    )


def test_the_mailer_can_be_swapped(desk, day, lend, swap, client, rng):
    """With another mailer in the place of `get_mailer`, the mail goes out through that one, whatever its class, and nothing lies in the real `Letterbox`."""
    number, loan = lend(day - timedelta(rng.randint(2, 90)))
    spy = swap("get_mailer", Spy())
    response = client.post(f"/loans/{number}/notice")
    assert response.status_code == 200, told(
        (
            response.status_code == 500,
            "The mailer was replaced, by way of a function with `yield`, and the request ended with an exception; it is shown "
            "below. FastAPI calls such a function and passes on what it yields: an object that has `send(to, text)` and "
            "nothing else in common with `Letterbox`, which has to be enough.",
        ),
        no_answer(response),
    )
    got = {"through the other mailer": spy.sent, "in the real letterbox": desk.posted}
    assert got == {"through the other mailer": [letter(loan, day)], "in the real letterbox": []}, told(
        (
            desk.posted != [],
            "The mailer was replaced, as in a test, and a real letter went out. Your route got its mailer in another way than "
            "from FastAPI, which calls what stands in the place of `get_mailer`.",
        ),
        (
            spy.sent == [],
            "The mailer was replaced, and it got nothing to send. Does your route use what it was given, whatever the class is?",
        ),
        "The mailer was replaced, and what it got to send is not the mail of the contract.",
    )
    assert response.json() == exactly({"sent": True})


def test_every_request_asks_the_provider_anew(desk, day, lend, swap, app, client, rng):
    """A replacement counts from the next request on: when the day of a clock moves on, when clock and mailer are replaced again, and when the replacements are removed."""
    number, loan = lend(day - timedelta(rng.randint(2, 90)))
    days = [date(2040, 1, 1) + timedelta(later) for later in sorted(rng.numbers(3, 0, 4000))]
    before = []

    def both_routes(mails, today, what):
        """One request to each route; ``mails`` is where the letter has to arrive."""

        def old(value):
            return any(from_day(value, loan, one) for one in before)

        response = client.get(f"/loans/{number}")
        assert response.status_code == 200, no_answer(response)
        got = response.json()
        assert got == exactly(shown(loan, today)), told(
            (old(got), f"{what}, and this is still the day of a request before. Something kept it."),
            f"{what}; the clock that is in force now shows {today}.",
        )
        earlier = len(mails)
        response = client.post(f"/loans/{number}/notice")
        assert response.status_code == 200, no_answer(response)
        got = mails[earlier:]
        assert got == [letter(loan, today)], told(
            (old(got), f"{what}, and the mail still has the day of a request before. Something kept it."),
            (got == [], f"{what}, and the mailer that is in force now got nothing to send."),
            f"{what}; the clock that is in force now shows {today}. These are the letters of this request.",
        )
        before.append(today)

    clock, first = swap("get_clock", AnotherClock(days[0])), swap("get_mailer", Spy())
    both_routes(first.sent, days[0], "Clock and mailer were replaced")
    clock.day = days[1]
    both_routes(first.sent, days[1], "The clock is the same, its day has moved on")
    swap("get_clock", AnotherClock(days[2]))
    second = swap("get_mailer", Spy())
    both_routes(second.sent, days[2], "Clock and mailer were replaced once more")
    app.dependency_overrides.clear()
    both_routes(desk.posted, day, "The replacements were removed")


def test_the_parts_are_no_business_of_the_caller(docs):
    """In the docs, `GET /loans/{number}` and `POST /loans/{number}/notice` have one parameter, `number` in the path, and no request body."""
    for method, path in (("get", "/loans/{number}"), ("post", "/loans/{number}/notice")):
        places = docs.places(method, path)
        others = sorted(name for name in places if name != "number")
        assert places == {"number": "path, required"}, told(
            (
                others != [],
                f"Callers can set {', '.join(f'`{name}`' for name in others)}. FastAPI takes a parameter for the caller's, "
                "unless it is told that the value comes from a dependency.",
            ),
        )
        body = docs.operation(method, path).get("requestBody")
        assert body is None, (
            f"{method.upper()} {path} takes a request body, so callers could bring parts of their own. FastAPI reads a "
            "parameter from the body if its type is a model and nothing says that it comes from a dependency."
        )
