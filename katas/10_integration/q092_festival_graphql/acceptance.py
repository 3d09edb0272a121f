"""Checks of q092: a programme in GraphQL, the SQL behind it, and bookings."""

import contextlib
import datetime as dt
import logging
import re
import sqlite3
import traceback
from collections import Counter
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Header
from sqlalchemy import Engine, NullPool, event
from sqlalchemy.ext.asyncio import create_async_engine

from pytest_fastapi_kata.checks import exactly, told, value_at

TYPE = "{kind name ofType{kind name ofType{kind name ofType{kind name}}}}"
INTROSPECTION = (
    f"query($name: String!){{__type(name: $name){{kind fields{{name type{TYPE} args{{name defaultValue type{TYPE}}}}} "
    "possibleTypes{name}}}"
)
AGREED = {
    "Query": {"films": "[Film!]!", "films(first)": "Int! = 20", "film": "Film", "film(id)": "ID!"},
    "Film": {"id": "ID!", "title": "String!", "director": "Director!", "screenings": "[Screening!]!"},
    "Director": {"id": "ID!", "name": "String!", "films": "[Film!]!"},
    "Screening": {
        "id": "ID!",
        "hall": "String!",
        "startsAt": "DateTime!",
        "seatsLeft": "Int!",
        "film": "Film!",
    },
    "Mutation": {
        "bookSeats": "BookingResult!",
        "bookSeats(screeningId)": "ID!",
        "bookSeats(seats)": "Int!",
    },
    "BookingResult": "Booking | BookingRefused",
    "Booking": {"id": "ID!", "screening": "Screening!"},
    "BookingRefused": {"reason": "String!"},
}
OUTCOME = (
    " fragment outcome on BookingResult {__typename ... on Booking {id screening {id seatsLeft film {title screenings {id "
    "seatsLeft}}}} ... on BookingRefused {reason}}"
)


class Crashes(logging.Handler):
    """Keeps what GraphQL has caught and only logged, so that a learner is told of it."""

    def __init__(self, file):
        super().__init__()
        self.file = file
        self.last = None

    def emit(self, record):
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            self.last = error

    @property
    def told(self):
        if self.last is None:
            return ""
        frames = [one for one in traceback.extract_tb(self.last.__traceback__) if one.filename == self.file]
        where = f" in {Path(self.file).name}, line {frames[-1].lineno} (`{frames[-1].name}`)" if frames else ""
        what = str(self.last).partition("\n")[0][:200]
        return f" Behind that error is {type(self.last).__name__}{where}{f': {what}' if what else ''}."


class Festival:
    """The programme of this run, its database, and who asks the learner's app for it."""

    def __init__(self, module, file, rng):
        self.module, self.file, self.rng = module, file, rng
        self.directors, self.films, self.screenings = {}, {}, {}
        self.statements, self.client, self.crashes = [], None, None

    def fill(self, films, directors=4):
        """A programme of so many films. Ids have gaps, starts have no order, and one film is not shown."""
        rng = self.rng
        for one_id, name in zip(sorted(rng.numbers(directors, 1, 90)), rng.names(directors), strict=True):
            self.directors[one_id] = {"name": name}
        titles = set()
        while len(titles) < films:
            titles.add(rng.title())
        heads = rng.shuffled([*self.directors, *(rng.choice(list(self.directors)) for _ in range(films - directors))])
        for one_id, title, head in zip(
            sorted(rng.numbers(films, 100, 999)), rng.shuffled(sorted(titles)), heads, strict=True
        ):
            self.films[one_id] = {"title": title, "director_id": head}
        opening = dt.datetime(2031, 5, 1, 9)
        shown = rng.shuffled(list(self.films))[1:]
        hours = iter(rng.numbers(3 * len(shown), 0, 2000))
        numbers = iter(rng.numbers(3 * len(shown), 1000, 9999))
        for film in shown:
            first, second, third = sorted(next(hours) for _ in range(3))
            # By id they come neither in the order of their start nor in the reverse of that.
            for one_id, hour in zip(sorted(next(numbers) for _ in range(3)), (second, third, first), strict=True):
                seats = rng.randint(30, 200)
                self.screenings[one_id] = {
                    "film_id": film,
                    "hall": rng.name(),
                    "starts_at": opening + dt.timedelta(hours=hour),
                    "seats": seats,
                    "sold": rng.randint(0, seats - 20),
                }
        with self.connect() as connection:
            for table, rows in (
                ("directors", self.directors),
                ("films", self.films),
                ("screenings", self.screenings),
            ):
                for one_id, row in rows.items():
                    values = {
                        name: f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, dt.datetime) else value
                        for name, value in row.items()
                    }
                    names = ", ".join(["id", *values])
                    marks = ", ".join("?" for _ in range(len(values) + 1))
                    connection.execute(
                        f"INSERT INTO {table} ({names}) VALUES ({marks})",  # noqa: S608 - names of the check's own
                        (one_id, *values.values()),
                    )

    @contextlib.contextmanager
    def connect(self):
        """A connection of the check's own; what is done there is kept."""
        with contextlib.closing(sqlite3.connect(self.file, timeout=1)) as connection:
            try:
                yield connection
                connection.commit()
            except sqlite3.OperationalError as error:
                raise AssertionError(f"The database is still locked by an earlier request. ({error})") from None

    def run(self, statement, *values):
        with self.connect() as connection:
            return connection.execute(statement, values).fetchall()

    def sell(self, screening, seats):
        """Somebody else has bought seats."""
        self.screenings[screening]["sold"] += seats
        self.run("UPDATE screenings SET sold = ? WHERE id = ?", self.screenings[screening]["sold"], screening)

    @property
    def stored(self):
        """What the database says: all bookings, and who has sold how much."""
        return {
            "bookings": [
                {"screening": screening, "seats": seats}
                for screening, seats in self.run("SELECT screening_id, seats FROM bookings ORDER BY id")
            ],
            "sold": dict(self.run("SELECT id, sold FROM screenings ORDER BY id")),
        }

    def to_be_stored(self, *bookings):
        return {
            "bookings": [{"screening": screening, "seats": seats} for screening, seats in bookings],
            "sold": {one_id: row["sold"] for one_id, row in self.screenings.items()},
        }

    # What GraphQL is to answer.

    def of(self, kind, key, value):
        """The ids of rows of this kind that have this value, films by id, screenings by start."""
        rows = self.films if kind == "films" else self.screenings
        found = [one_id for one_id, row in rows.items() if row[key] == value]
        return sorted(found, key=lambda one_id: rows[one_id].get("starts_at", one_id))

    def seats_left(self, screening):
        return self.screenings[screening]["seats"] - self.screenings[screening]["sold"]

    def directed(self, film):
        return {"name": self.directors[self.films[film]["director_id"]]["name"]}

    def shown(self, screening):
        row = self.screenings[screening]
        return {
            "id": str(screening),
            "hall": row["hall"],
            "startsAt": row["starts_at"].isoformat(),
            "seatsLeft": self.seats_left(screening),
        }

    def booked(self, screening, one_id):
        """The outcome of a booking that was made."""
        film = self.screenings[screening]["film_id"]
        places = [{"id": str(one), "seatsLeft": self.seats_left(one)} for one in self.of("screenings", "film_id", film)]
        return {
            "__typename": "Booking",
            "id": one_id,
            "screening": {
                "id": str(screening),
                "seatsLeft": self.seats_left(screening),
                "film": {"title": self.films[film]["title"], "screenings": places},
            },
        }

    # Asking.

    async def post(self, query, variables=None, **options):
        self.statements.clear()
        self.crashes.last = None
        response = await self.client.post("/graphql", json={"query": query, "variables": variables or {}}, **options)
        assert response.status_code == 200, told(
            (response.status_code == 404, "The schema is served at `/graphql`, with POST."),
            "GraphQL answers 200, whether there are errors or not.",
        )
        return response

    async def ask(self, query, variables=None, otherwise="", **options):
        """The data of an answer without errors."""
        response = await self.post(query, variables, **options)
        answer = response.json()
        errors = value_at(answer, "errors")
        assert errors in (None, []), f"{otherwise} The answer has errors.{self.crashes.told}".strip()
        data = value_at(answer, "data")
        assert isinstance(data, dict), f"{otherwise} The answer has no `data`.".strip()
        return data

    @property
    def cost(self):
        """The statements of the last request, in a few words."""
        words = Counter(re.sub(r"^SELECT .*? FROM", "SELECT … FROM", " ".join(one.split())) for one in self.statements)
        lines = [f"{count} × {text[:120]}{'…' if len(text) > 120 else ''}" for text, count in words.most_common(6)]
        more = len(words) - len(lines)
        return "; ".join([*lines, *([f"and {more} others"] if more > 0 else [])]) or "none"

    def outcomes(self, bookings):
        """A mutation with several bookings in one document, and the variables for it."""
        params, calls, variables = [], [], {}
        for number, (screening, seats) in enumerate(bookings):
            params.append(f"$s{number}: ID!, $n{number}: Int!")
            calls.append(f"b{number}: bookSeats(screeningId: $s{number}, seats: $n{number}) {{...outcome}}")
            variables |= {f"s{number}": str(screening), f"n{number}": seats}
        return f"mutation({', '.join(params)}) {{{' '.join(calls)}}}{OUTCOME}", variables


@pytest.fixture
async def festival(environment, given, tmp_path, rng, request):
    """The given module on a file of this check's own, and the learner's app over it."""
    file = tmp_path / "festival.db"
    environment(FESTIVAL_DB=str(file))
    module = given("festival")
    # Whoever uses a session for the first time waits for a connection of its own, as it would for a server.
    module.engine = create_async_engine(module.engine.url, poolclass=NullPool)
    festival = Festival(module, file, rng)

    def set_up(connection, _):
        cursor = connection.cursor()
        # Nobody pulls the plug during a check, so there is no need to wait for the disk.
        cursor.execute("PRAGMA synchronous = OFF")
        # SQL promises no order unless it is asked for one.
        cursor.execute("PRAGMA reverse_unordered_selects = ON")
        cursor.close()

    def count(_connection, _cursor, statement, *_):
        if statement.split(None, 1)[0].upper() not in ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE"):
            festival.statements.append(statement)

    event.listen(module.engine.sync_engine, "connect", set_up)
    module.create_tables()
    event.listen(Engine, "before_cursor_execute", count)
    yield festival
    event.remove(Engine, "before_cursor_execute", count)
    await module.engine.dispose()


@pytest.fixture
async def asked(festival, module, async_client):
    """The festival, with a client for the learner's app."""
    festival.client = async_client
    festival.crashes = Crashes(module.__file__)
    logger = logging.getLogger("strawberry")
    logger.addHandler(festival.crashes)
    yield festival
    logger.removeHandler(festival.crashes)


def spelt(node):
    """A type as GraphQL's language writes it."""
    if not isinstance(node, dict):
        return "?"
    if node["kind"] == "NON_NULL":
        return f"{spelt(node['ofType'])}!"
    if node["kind"] == "LIST":
        return f"[{spelt(node['ofType'])}]"
    return node["name"]


def as_agreed(found, agreed):
    """What a type has of that which was agreed on."""
    if found is None:
        return "(there is no such type)"
    if isinstance(agreed, str):
        return " | ".join(sorted(one["name"] for one in found["possibleTypes"] or ())) or "(this is no union)"
    has = {}
    for field in found["fields"] or ():
        has[field["name"]] = spelt(field["type"])
        for argument in field["args"]:
            default = argument["defaultValue"]
            shown = f"{spelt(argument['type'])}{'' if default is None else f' = {default}'}"
            has[f"{field['name']}({argument['name']})"] = shown
    return {name: has.get(name, "(missing)") for name in agreed}


async def test_schema_is_as_agreed(asked):
    """By introspection, the types, fields and arguments are those of the schema that was agreed on. Further ones do no harm."""
    for name, agreed in AGREED.items():
        data = await asked.ask(INTROSPECTION, {"name": name}, f"This asks what the type `{name}` is.")
        try:
            found = as_agreed(data["__type"], agreed)
        except (KeyError, TypeError):
            found = data
        assert found == exactly(agreed), (
            f"What introspection says of `{name}`: fields, arguments in parentheses, and their types."
        )


async def test_the_query_shapes_the_answer(asked, rng):
    """`films` gives the first 20 by id, or as many as are asked for, and `{films {title}}` takes one statement. `film` gives one with its screenings by start. The answer has what was asked for, and nothing else."""
    asked.fill(25)
    titles = [row["title"] for _, row in sorted(asked.films.items())]
    data = await asked.ask("{films {title}}", otherwise="There are 25 films.")
    assert data == exactly({"films": [{"title": title} for title in titles[:20]]}), "There are 25 films."
    assert len(asked.statements) == 1, f"The titles of 20 films are one statement. These were made: {asked.cost}."
    first = rng.randint(3, 12)
    data = await asked.ask("query($n: Int!) {films(first: $n) {id title}}", {"n": first})
    assert data == exactly(
        {"films": [{"id": str(one_id), "title": row["title"]} for one_id, row in sorted(asked.films.items())[:first]]}
    ), f"The first {first} of 25 films."
    one_id = rng.choice([one_id for one_id in asked.films if len(asked.of("screenings", "film_id", one_id)) > 1])
    data = await asked.ask(
        "query($id: ID!) {film(id: $id) {title director {name} screenings {id hall startsAt seatsLeft film {title}}}}",
        {"id": str(one_id)},
    )
    title = {"title": asked.films[one_id]["title"]}
    screenings = [{**asked.shown(one), "film": title} for one in asked.of("screenings", "film_id", one_id)]
    expected = {"film": {**title, "director": asked.directed(one_id), "screenings": screenings}}
    screenings_got = value_at(value_at(data, "film"), "screenings")
    is_order = data != expected and isinstance(screenings_got, list) and same_rows(screenings_got, screenings)
    assert data == exactly(expected), told(
        (is_order, "One film and its screenings. They are all there; they are to be in the order of their start.")
    )


def same_rows(got, expected):
    return sorted(map(repr, got)) == sorted(map(repr, expected))


async def test_statements_do_not_grow_with_rows(asked):
    """Films with directors and screenings take at most 3 statements, films → director → films → screenings → film at most 5, however many rows there are."""
    asked.fill(30)
    ids = sorted(asked.films)
    for first in (4, 30):
        data = await asked.ask(
            "query($n: Int!) {films(first: $n) {title director {name} screenings {id hall startsAt seatsLeft}}}",
            {"n": first},
        )
        expected = [
            {
                "title": asked.films[one_id]["title"],
                "director": asked.directed(one_id),
                "screenings": [asked.shown(one) for one in asked.of("screenings", "film_id", one_id)],
            }
            for one_id in ids[:first]
        ]
        assert data == exactly({"films": expected}), f"{first} films, the director and the screenings of each."
        assert len(asked.statements) <= 3, (
            f"{first} films with directors and screenings take at most 3 statements. Made were {asked.cost}."
        )
    for first in (4, 30):
        data = await asked.ask(
            "query($n: Int!) {films(first: $n) {director {films {title screenings {id film {title}}}}}}", {"n": first}
        )
        expected = [
            {
                "director": {
                    "films": [
                        {
                            "title": asked.films[film]["title"],
                            "screenings": [
                                {"id": str(one), "film": {"title": asked.films[film]["title"]}}
                                for one in asked.of("screenings", "film_id", film)
                            ],
                        }
                        for film in asked.of("films", "director_id", asked.films[one_id]["director_id"])
                    ]
                }
            }
            for one_id in ids[:first]
        ]
        assert data == exactly({"films": expected}), (
            f"{first} films, the films of each one's director, the screenings of those, and the film of each."
        )
        assert len(asked.statements) <= 5, (
            f"{first} films, their directors' films, the screenings of those, and the film of each take at most 5 statements. "
            f"Made were {asked.cost}."
        )


async def test_unknown_films_are_null_and_batched(asked, rng):
    """Several `film(id:)` in one query take one statement, each answer stands in its place, and an id that nothing has, or that is no number, is null without an error."""
    asked.fill(9)
    one, two = sorted(rng.sample(sorted(asked.films), 2), reverse=True)
    unknown = next(number for number in rng.numbers(20, 100, 999) if number not in asked.films)
    ids = [("a", one), ("b", unknown), ("c", two), ("d", rng.word())]
    query = "".join(f' {alias}: film(id: "{one_id}") {{title}}' for alias, one_id in ids)
    what = "Two films that there are, an unknown id, and one that is no number, in one query."
    data = await asked.ask(f"{{{query}}}", otherwise=what)
    known = {one_id: {"title": row["title"]} for one_id, row in asked.films.items()}
    assert data == exactly({alias: known.get(one_id) for alias, one_id in ids}), (
        f"{what} Each answer belongs to the key that was asked for, and null where nothing is."
    )
    assert len(asked.statements) == 1, f"{what} They are to be one statement. These were made: {asked.cost}."
    for one_id in ("", "-1", "1.5", f"{one}²", f"{one}x", rng.digits(25)):
        data = await asked.ask(
            "query($id: ID!) {film(id: $id) {title}}", {"id": one_id}, f"No film has the id {one_id!r}."
        )
        assert data == exactly({"film": None}), f"No film has the id {one_id!r}."


async def test_every_request_starts_afresh(asked, rng):
    """What one request has loaded is not seen by the next: it sees what has been changed meanwhile."""
    asked.fill(6)
    screening = rng.choice(list(asked.screenings))
    film = asked.screenings[screening]["film_id"]
    query = (
        "query($id: ID!) {film(id: $id) {title director {name films {title}} screenings {id seatsLeft film {title}}}}"
    )
    for turn in range(3):
        title = asked.films[film]["title"]
        head = asked.films[film]["director_id"]
        data = await asked.ask(query, {"id": str(film)})
        expected = {
            "title": title,
            "director": {
                "name": asked.directors[head]["name"],
                "films": [{"title": asked.films[one]["title"]} for one in asked.of("films", "director_id", head)],
            },
            "screenings": [
                {"id": str(one), "seatsLeft": asked.seats_left(one), "film": {"title": title}}
                for one in asked.of("screenings", "film_id", film)
            ],
        }
        assert data == exactly({"film": expected}), (
            "Between two requests somebody has changed the title, the name of the director, and sold seats."
            if turn
            else ""
        )
        asked.films[film]["title"] = rng.title(3)
        asked.directors[head]["name"] = rng.title()
        asked.run("UPDATE films SET title = ? WHERE id = ?", asked.films[film]["title"], film)
        asked.run("UPDATE directors SET name = ? WHERE id = ?", asked.directors[head]["name"], head)
        asked.sell(screening, rng.randint(1, 5))


async def test_booking_takes_seats_and_shows_them(asked, rng):
    """A booking is stored, takes its seats, and shows the new numbers in the same request, wherever it looks, also after an earlier booking in the same document. If its row cannot be stored, no seats are taken."""
    asked.fill(5)
    film = rng.choice([one_id for one_id in asked.films if len(asked.of("screenings", "film_id", one_id)) > 1])
    one, two = rng.sample(asked.of("screenings", "film_id", film), 2)
    bookings = [(one, rng.randint(1, 6)), (two, rng.randint(1, 6)), (one, rng.randint(1, 6))]
    data = await asked.ask(
        *asked.outcomes(bookings),
        "Three bookings in one document, for two screenings of one film. There are enough seats.",
    )
    ids = [str(one_id) for (one_id,) in asked.run("SELECT id FROM bookings ORDER BY id")]
    expected = {}
    for number, (screening, seats) in enumerate(bookings):
        asked.screenings[screening]["sold"] += seats
        expected[f"b{number}"] = asked.booked(screening, ids[number] if number < len(ids) else "(not stored)")
    assert asked.stored == asked.to_be_stored(*bookings), (
        "Three bookings in one document: the rows of `bookings`, and the seats sold for each screening."
    )
    assert data == exactly(expected), told(
        (
            without_seats(data) == without_seats(expected),
            "Three bookings in one document. Everything is there but the numbers of seats: each booking shows those after it, "
            "in its screening and in the film's screenings. What was loaded before a booking is out of date after it.",
        ),
        "Three bookings in one document, and what they answer.",
    )
    asked.run("DROP TABLE bookings")
    sold = asked.run("SELECT id, sold FROM screenings ORDER BY id")
    what = "The table `bookings` is gone, so a booking cannot be stored."
    response = await asked.post(*asked.outcomes([(two, 1)]))
    errors = value_at(response.json(), "errors")
    assert isinstance(errors, list), f"{what} That is answered with `errors`."
    sold_then = asked.run("SELECT id, sold FROM screenings ORDER BY id")
    taken = sum(number for _, number in sold_then) - sum(number for _, number in sold)
    assert taken == 0, f"{what} So many seats were taken by it. Nobody has them, and nobody can buy them."


def without_seats(value):
    if isinstance(value, dict):
        return {key: without_seats(one) for key, one in value.items() if key != "seatsLeft"}
    return [without_seats(one) for one in value] if isinstance(value, list) else value


def refused(reason):
    return {"__typename": "BookingRefused", "reason": reason}


async def test_refusals_are_data(asked, rng):
    """A booking that cannot be made answers `BookingRefused` with its reason, without an error, and changes nothing. Exactly the rest of the seats can be booked."""
    asked.fill(5)
    nearly, full = rng.sample(list(asked.screenings), 2)
    asked.sell(full, asked.seats_left(full))
    left = asked.seats_left(nearly)
    unknown = next(number for number in rng.numbers(20, 1000, 9999) if number not in asked.screenings)
    few, none, nothing = "not enough seats", "at least one seat", "no such screening"
    for screening, seats, reason in (
        (nearly, left + 1, few),
        (full, 1, few),
        (unknown, 2, nothing),
        (rng.word(), 2, nothing),
        (unknown, 0, none),
        (full, -rng.randint(1, 9), none),
    ):
        what = f"A booking of {seats} seats in {screening!r}, of which there are {left if screening == nearly else 'none'}."
        if reason == nothing or screening == unknown:
            what = f"A booking of {seats} seats in the screening {screening!r}, which does not exist."
        data = await asked.ask(*asked.outcomes([(screening, seats)]), what)
        assert data == exactly({"b0": refused(reason)}), what
        assert asked.stored == asked.to_be_stored(), f"{what} Nothing changes. This is stored."
    what = f"{left} seats are left. A booking of {left + 3}, one of {left}, and then one of 1 more."
    data = await asked.ask(*asked.outcomes([(nearly, left + 3), (nearly, left), (nearly, 1)]), what)
    asked.screenings[nearly]["sold"] += left
    rows = asked.run("SELECT id FROM bookings")
    booked = asked.booked(nearly, str(rows[0][0]) if rows else "(not stored)")
    assert data == exactly({"b0": refused(few), "b1": booked, "b2": refused(few)}), what
    assert asked.stored == asked.to_be_stored((nearly, left)), f"{what} This is stored."


async def test_the_last_seats_are_sold_once(asked, rng):
    """If the ticket desk, another process, sells the last seats while a booking is under way, no seat is sold twice."""
    asked.fill(5)
    screening = rng.choice(list(asked.screenings))
    seats, left = rng.randint(2, 5), asked.seats_left(screening)
    bought = []

    def buy(_connection, _cursor, statement, *_):
        """The ticket desk takes all that is left, in the moment after the app has looked."""
        if bought or "screenings" not in statement or not statement.lstrip().upper().startswith(("SELECT", "WITH")):
            return
        with contextlib.closing(sqlite3.connect(asked.file, timeout=0)) as desk, contextlib.suppress(sqlite3.Error):
            rest = desk.execute("SELECT seats - sold FROM screenings WHERE id = ?", (screening,)).fetchone()[0]
            desk.execute("UPDATE screenings SET sold = seats WHERE id = ?", (screening,))
            desk.commit()
            # As long as the app has locked the database, the desk waits.
            bought.append(rest)

    event.listen(Engine, "after_cursor_execute", buy)
    try:
        query = "mutation($s: ID!, $n: Int!) {bookSeats(screeningId: $s, seats: $n) {__typename ... on BookingRefused {reason}}}"
        what = (
            f"{left} seats are left, and {seats} are to be booked. Right after the app's first look at the screening, the ticket "
            "desk sells all that it can get."
        )
        data = await asked.ask(query, {"s": str(screening), "n": seats}, what)
    finally:
        event.remove(Engine, "after_cursor_execute", buy)
    stored = asked.stored
    booked = [one["seats"] for one in stored["bookings"]]
    desk = sum(bought)
    taken = f"The desk sold {desk}, and the app {sum(booked)}."
    assert sum(booked) + desk <= left, f"{what} {taken} That is more than there were."
    assert stored["sold"].get(screening) == asked.screenings[screening]["sold"] + sum(booked) + desk, (
        f"{what} {taken} This is what the database has as sold; somebody's sale was written over."
    )
    outcome = {"__typename": "Booking"} if booked else refused("not enough seats")
    assert data == exactly({"bookSeats": outcome}), f"{what} {taken}"
    # Without anybody else around there is a booking to be had.
    other = rng.choice([one_id for one_id in asked.screenings if one_id != screening])
    data = await asked.ask(query, {"s": str(other), "n": seats})
    assert data == exactly({"bookSeats": {"__typename": "Booking"}}), "There are enough seats, and nobody else books."


async def test_context_comes_from_fastapi(asked, app, rng):
    """`get_locale` is used as a dependency: another one that takes its place by `dependency_overrides` says the language of the reasons."""
    asked.fill(5)
    screening = rng.choice(list(asked.screenings))
    wishes = [(rng.digits(5), 1), (screening, asked.seats_left(screening) + 1), (rng.digits(5), 0)]
    reasons = {
        "en": ("no such screening", "not enough seats", "at least one seat"),
        "fr": ("séance inconnue", "plus assez de places", "au moins une place"),
    }

    async def locale(accept_language: Annotated[str, Header()] = "en"):
        return accept_language

    def answers(language):
        return exactly({f"b{number}": refused(reason) for number, reason in enumerate(reasons[language])})

    data = await asked.ask(*asked.outcomes(wishes))
    assert data == answers("en"), "`get_locale` says `en`."
    app.dependency_overrides[asked.module.get_locale] = locale
    for language in ("fr", "en", "fr"):
        headers = {"accept-language": language}
        what = f"In place of `get_locale` stands another dependency, which says `{language}` for this request."
        data = await asked.ask(*asked.outcomes(wishes), what, headers=headers)
        assert data == answers(language), what
    app.dependency_overrides.clear()


async def test_crashes_are_masked_and_mistakes_explained(asked, rng):
    """An exception is answered as an error without any of its text. A mistake in the query is answered with GraphQL's own words."""
    asked.fill(5)
    for part in ("director {name}", "screenings {hall}"):
        await asked.ask(f"{{films {{title {part}}}}}")
    wrong = rng.word()
    for query, words, what in (
        (f"{{films {{{wrong}}}}}", f"Cannot query field '{wrong}' on type 'Film'.", "a field that there is not"),
        ("{films {title}", "Syntax Error", "a brace that is missing"),
        ('{films(first: "two") {title}}', "Int cannot represent non-integer value", "a text in place of a number"),
    ):
        response = await asked.post(query)
        errors = value_at(response.json(), "errors")
        message = value_at(errors[0], "message") if isinstance(errors, list) and errors else "(there is no error)"
        assert words in str(message), (
            f"The query has {what}. That is the client's mistake, and GraphQL's own message says where it is."
        )
    table = rng.choice(["directors", "screenings"])
    asked.run(f"DROP TABLE {table}")
    what = f"The table `{table}` is gone, and a query needs it."
    response = await asked.post("{films {title director {name} screenings {hall}}}")
    errors = value_at(response.json(), "errors")
    assert isinstance(errors, list), f"{what} That is answered with `errors`."
    assert len(errors) > 0, f"{what} That is answered with `errors`."
    leaked = [
        word
        for word in ("no such table", "OperationalError", "SELECT", "sqlalche", "Traceback", "directors", "screenings.")
        if word.lower() in response.text.lower()
    ]
    assert leaked == [], f"{what} The answer is an error, and these words of the exception stand in it."
    data = await asked.ask("{films {title}}", otherwise=f"{what} This query does not need it.")
    assert data == exactly({"films": [{"title": row["title"]} for _, row in sorted(asked.films.items())]})


def nested(levels):
    """A query in which so many fields stand inside each other, `films` and `director` in turns, and a leaf."""
    names = ["films(first: 2)", *("director" if number % 2 == 0 else "films" for number in range(levels - 1))]
    return "{" + "{".join(names) + ("{name}" if names[-1] == "director" else "{title}") + "}" * levels


def nested_fragments(levels):
    """The same depth, with each two levels in a fragment of its own."""
    pairs = levels // 2
    parts = [f"fragment f{number} on Film {{director {{films {{...f{number + 1}}}}}}}" for number in range(pairs)]
    return " ".join(["{films(first: 2) {...f0}}", *parts, f"fragment f{pairs} on Film {{title}}"])


async def test_depth_is_limited_before_the_database(asked, rng):
    """A query of 7 levels works. One of 20 levels or more is refused with an error, before any SQL, also if its depth comes from fragments."""
    # Each director has one film, so that a deep query costs time only if it is answered.
    asked.fill(3, 3)
    data = await asked.ask(nested(7), otherwise="A query of 7 levels.")
    first = sorted(asked.films)[:2]

    def below(film, levels):
        if levels == 1:
            return {"title": asked.films[film]["title"]}
        head = asked.films[film]["director_id"]
        return {"director": {"films": [below(one, levels - 2) for one in asked.of("films", "director_id", head)]}}

    assert data == exactly({"films": [below(film, 7) for film in first]}), "A query of 7 levels."
    levels = rng.choice([22, 24, 26])
    for query, what in (
        (nested(levels), f"A query of {levels} levels."),
        (nested_fragments(levels), f"A query of {levels} levels, by means of fragments."),
    ):
        response = await asked.post(query)
        assert asked.statements == [], (
            f"{what} It is to be refused before it costs anything. These statements were made."
        )
        errors = value_at(response.json(), "errors")
        assert isinstance(errors, list), f"{what} It is to be refused with `errors`."
        assert len(errors) > 0, f"{what} It is to be refused with `errors`."
        assert value_at(response.json(), "data") is None, f"{what} It is to be refused."
