"""Checks of q013: query parameters with defaults."""

from datetime import timedelta

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told


class Programme:
    """The screenings of this run: 24 on the calendar's day, 7 on another, 3 on a third."""

    def __init__(self, module, rng):
        screenings, self.calendar = getattr(module, "SCREENINGS", None), getattr(module, "CALENDAR", None)
        assert isinstance(screenings, list), (
            "`app.py` has to keep its list `SCREENINGS`: the checks put screenings into it."
        )
        assert isinstance(self.calendar, dict), (
            "`app.py` has to keep its dict `CALENDAR`: the checks let the date change."
        )
        self.today = self.calendar["today"]
        self.other, third = (self.today + timedelta(days=days) for days in rng.numbers(2, 1, 300))
        # On each of the two days that are asked for, about half of the screenings have subtitles.
        days = [self.today] * 24 + [self.other] * 7 + [third] * 3
        subtitled = rng.shuffled([True, False] * 12) + rng.shuffled([True] * 4 + [False] * 3) + [True, False, True]
        starts = [f"{minute // 60:02}:{minute % 60:02}" for minute in rng.numbers(34, 9 * 60, 24 * 60 - 1)]
        self.screenings = rng.shuffled(
            [
                {"id": number, "film": film, "day": day, "starts": start, "subtitled": text}
                for number, film, day, start, text in zip(
                    rng.numbers(34, 100, 999), rng.names(34), days, starts, subtitled, strict=True
                )
            ]
        )
        # Copies, so that an app that changes its own screenings cannot change what is expected of it.
        screenings[:] = [dict(screening) for screening in self.screenings]
        self.in_the_app = screenings

    def add(self, **facts):
        """Put one more screening on the programme, in the app, too."""
        self.screenings.append(facts)
        self.in_the_app.append(dict(facts))

    def answer(self, day=None, limit=10, order="time", subtitled_only=False):
        """Return what `/screenings` answers; without a day, for the day that the calendar shows now."""
        day = day or self.calendar["today"]
        column = {"time": "starts", "title": "film"}[order]
        found = [s for s in self.screenings if s["day"] == day and (s["subtitled"] or not subtitled_only)]
        found.sort(key=lambda s: s[column])
        return {
            "day": day.isoformat(),
            "limit": limit,
            "order": order,
            "subtitled_only": subtitled_only,
            "screenings": [s["id"] for s in found[:limit]],
        }


@pytest.fixture
def programme(module, rng):
    return Programme(module, rng)


def value_at(answer, key):
    return answer.get(key) if isinstance(answer, dict) else None


def compared(programme, got, expected):
    """Say in words how an answer differs from the expected one, the values that were used before the screenings."""
    if not isinstance(got, dict) or got.keys() != expected.keys():
        return "Compare the keys: there are to be five, under exactly these names."
    used = [key for key in expected if key != "screenings" and got[key] != exactly(expected[key])]
    if used == ["day"]:
        return f"The day is to be {expected['day']}: the one that was asked for, or else the one that `today()` says."
    if used:
        names = ", ".join(f"`{key}`" for key in used)
        return f"The answer names another value than the one that is to be used: {names}."
    known = {screening["id"]: screening for screening in programme.screenings}
    shown, wanted = got["screenings"], expected["screenings"]
    if not isinstance(shown, list) or not all(type(number) is int for number in shown):
        return "`screenings` is to be an array of ids, which are numbers."
    if not all(number in known for number in shown):
        return (
            "Some of these ids are not in `SCREENINGS` at this moment. The checks have put other screenings there; does "
            "your function look at a copy that was made before?"
        )
    return told(
        (sorted(shown) == sorted(wanted), "These are the right screenings, in another order."),
        (
            any(known[number]["day"].isoformat() != expected["day"] for number in shown),
            "Among these screenings are some of another day.",
        ),
        (
            expected["subtitled_only"] and not all(known[number]["subtitled"] for number in shown),
            "Among these screenings are some without subtitles, and only those with subtitles were asked for.",
        ),
        (
            len(shown) > 2
            and not expected["subtitled_only"]
            and not any(known[number]["subtitled"] for number in shown),
            "All these screenings are without subtitles. `subtitled_only` is off here, and off means all.",
        ),
        (shown == [], f"There are no screenings here, and {len(wanted)} were to come."),
        (len(shown) > len(wanted), f"There are {len(shown)} screenings here, and {len(wanted)} were to come."),
        (
            len(shown) < len(wanted),
            f"There are {len(shown)} screenings here, and {len(wanted)} were to come. Is the list cut before it is filtered?",
        ),
        "These are not the first screenings in this order. Is the list cut before it is filtered and sorted?",
    )


def test_without_a_query_every_default_applies(programme, client, rng):
    """`GET /screenings` without a query answers today's first ten screenings by time, as `SCREENINGS` has them at this moment, and the four values that were used."""
    response = client.get("/screenings")
    assert response.status_code == 200, told(
        (response.status_code == 422, "Nothing was asked for, and the answer says that something is missing or wrong."),
    )
    got, expected = response.json(), programme.answer()
    assert got == exactly(expected), compared(programme, got, expected)
    programme.add(id=rng.randint(1000, 9999), film=rng.name(), day=programme.today, starts="08:15", subtitled=True)
    response = client.get("/screenings")
    assert response.json() == exactly(programme.answer()), (
        "An early screening has been added to `SCREENINGS` since the request before this one, and the answer does not "
        "show it as it should."
    )


def test_each_default_can_be_replaced(programme, client, rng):
    """Each of the four parameters can be given alone, and all of them together. What is left out keeps its default."""
    limit = rng.randint(2, 9)
    wishes = [
        {"day": programme.other},
        {"limit": limit},
        {"limit": 50},
        {"order": "title"},
        {"subtitled_only": True},
        {"day": programme.other, "limit": 3, "order": "title", "subtitled_only": True},
        {"day": programme.other, "limit": 6, "order": "title", "subtitled_only": True},
        {},
    ]
    for wish in wishes:
        query = {key: value if key != "subtitled_only" else "true" for key, value in wish.items()}
        response = client.get("/screenings", params=query)
        assert response.status_code == 200, told(
            (
                response.status_code == 500 and "limit" in wish,
                "With a `limit` in the query, your function fails. Everything in an address is text, and a default does "
                "not tell FastAPI what to make of it: a type does.",
            ),
            (
                response.status_code == 422,
                "Every value in this query is allowed, and the answer says one of them is not.",
            ),
        )
        got, expected = response.json(), programme.answer(**wish)
        assert got == exactly(expected), told(
            (
                isinstance(value_at(got, "limit"), str),
                "`limit` came back as text: a default does not tell FastAPI that it is a number.",
            ),
            compared(programme, got, expected),
        )


def test_a_limit_of_zero_is_not_a_missing_limit(programme, client):
    """`limit=0` is a wish like any other: the answer has `"limit": 0` and no screenings."""
    response = client.get("/screenings", params={"limit": 0})
    assert response.status_code == 200, told(
        (response.status_code == 422, "The limit 0 was refused. It is allowed: from 0 to 50."),
        (
            response.status_code == 500,
            "With `limit=0` in the query, your function fails. Did the limit arrive as the text that it is in the address?",
        ),
    )
    got, expected = response.json(), programme.answer(limit=0)
    assert got == exactly(expected), told(
        (
            value_at(got, "limit") == 10,
            "A limit of 0 was treated as if none had been given. Does your code ask whether the limit is missing, or "
            "whether it counts as true? 0 does not.",
        ),
        (
            isinstance(value_at(got, "limit"), str),
            "`limit` came back as text, so it was never converted into a number.",
        ),
        (
            value_at(got, "limit") == exactly(0) and value_at(got, "screenings") not in ([], None),
            "The limit is 0, and there are screenings all the same. Does your code cut the list only if the limit counts "
            "as true?",
        ),
        compared(programme, got, expected),
    )


def test_false_in_the_address_means_false(programme, client):
    """`subtitled_only` is off with `false`, `0`, `no` or `off`, and on with `true`, `1`, `yes` or `on`."""
    meanings = {"false": False, "0": False, "no": False, "off": False, "true": True, "1": True, "yes": True, "on": True}
    # On this day there are fewer screenings than the default limit, so how the list is cut does not matter here.
    day = programme.other
    for word, meaning in meanings.items():
        response = client.get("/screenings", params={"day": day, "subtitled_only": word})
        assert response.status_code == 200, f"“{word}” is an allowed value of `subtitled_only`."
        got, expected = response.json(), programme.answer(day, subtitled_only=meaning)
        assert got == exactly(expected), told(
            (
                value_at(got, "subtitled_only") is True and not meaning,
                f"“{word}” was taken for yes. To Python every text that is not empty counts as true; only a type can say that "
                "this text is to be read as yes or no.",
            ),
            (
                value_at(got, "subtitled_only") is False and meaning,
                f"“{word}” was taken for no. FastAPI can read all eight words by itself, if it knows the type.",
            ),
            (
                isinstance(value_at(got, "subtitled_only"), str),
                "`subtitled_only` is text here, and is to be `true` or `false`.",
            ),
            compared(programme, got, expected),
        )


def test_values_out_of_range_are_refused(programme, client, rng):
    """A value that the contract does not allow gets 422 at `["query", …]` with the name of its parameter."""
    response = client.get("/screenings", params={"limit": 50, "order": "title", "day": programme.other})
    assert response.status_code == 200, "Every value in this query is allowed."
    wrong = [
        ("limit", "-1"),
        ("limit", "51"),
        ("limit", str(rng.randint(60, 5_000))),
        ("limit", "ten"),
        ("order", "price"),
        ("order", rng.word()),
        ("subtitled_only", "maybe"),
        ("day", "tomorrow"),
        ("day", "2026-02-30"),
    ]
    for name, value in wrong:
        response = client.get("/screenings", params={name: value})
        assert refusal(response) == refused_at(f"query.{name}"), told(
            (
                response.status_code == 200,
                f"“{value}” is not allowed for `{name}`, and was accepted or quietly replaced by something else.",
            ),
            (
                response.status_code == 500,
                f"“{value}” is not allowed for `{name}`. It got as far as your function, which could not deal with it: "
                "FastAPI did not know the rule.",
            ),
            f"“{value}” is not allowed for `{name}`, and is to be refused by FastAPI itself, which names the place.",
        )


def test_today_is_asked_for_at_every_request(programme, client, rng):
    """Without `day`, the answer is for the day that `today()` says at the time of that request, even if it changed a moment ago."""
    before = programme.today
    for day in (programme.other, before - timedelta(days=rng.randint(1, 300))):
        programme.calendar["today"] = day
        response = client.get("/screenings")
        assert response.status_code == 200
        got, expected = response.json(), programme.answer()
        assert got == exactly(expected), told(
            (
                value_at(got, "day") == before.isoformat() and before == programme.today,
                "The calendar has turned to another day, and the answer is for the one on which `app.py` was imported. Look "
                "for what happens just once, at import: a default in a `def` line counts.",
            ),
            (
                value_at(got, "day") == before.isoformat(),
                "The calendar has turned again, and the answer is for the day of the request before. Something has kept it.",
            ),
            compared(programme, got, expected),
        )
        before = day


def test_the_docs_show_the_defaults(docs):
    """The docs list these four query parameters, none of them required. `limit`, `order` and `subtitled_only` show their defaults, `day` shows none."""
    names = ("day", "limit", "order", "subtitled_only")
    assert docs.places("get", "/screenings") == dict.fromkeys(names, "query, optional")
    parameters = docs.parameters("get", "/screenings")
    shown = {name: parameters[name].default for name in names}
    assert shown == exactly({"day": None, "limit": 10, "order": "time", "subtitled_only": False}), told(
        (
            shown["day"] is not None,
            "The docs show a fixed day as the default of `day`. It was settled when `app.py` was imported, and will be wrong "
            "tomorrow.",
        ),
        "The docs show the defaults that FastAPI was told of. One that the function puts in later is unknown to them. "
        "(Null means here that the docs show no default.)",
    )
