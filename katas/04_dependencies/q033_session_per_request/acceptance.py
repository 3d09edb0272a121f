"""Checks of q033: one session and one transaction for each request."""

import contextlib
import sqlite3
from typing import Annotated

import pytest
from fastapi import Depends, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pytest_fastapi_kata.checks import exactly, told

ROLLED_BACK = (
    "A commit that fails leaves SQLite's transaction open, and a session that is merely closed does not end it. Who rolls "
    "back when the commit itself raises?"
)


class Frost(Exception):
    """What a colleague's route raises, and a colleague's handler answers."""


class Bank:
    """The seed bank of this run: the given module on a file of its own, which is looked at from outside."""

    def __init__(self, module, file):
        self.module = module
        self.engine = module.engine
        self.file = file

    def connect(self):
        """A connection of the check's own."""
        return contextlib.closing(sqlite3.connect(self.file, timeout=0, isolation_level=None))

    def fill(self, jars):
        with self.connect() as connection:
            connection.execute("BEGIN")
            connection.executemany("INSERT INTO jars (label, seeds) VALUES (?, ?)", jars.items())
            connection.execute("COMMIT")

    def rows(self, otherwise="The database is still locked by an earlier request."):
        """All jars, and all changes in the journal in the order of their jars."""
        with self.connect() as connection:
            try:
                jars = dict(connection.execute("SELECT label, seeds FROM jars ORDER BY label"))
                journal = list(map(list, connection.execute("SELECT jar, change FROM journal ORDER BY jar, change")))
            except sqlite3.OperationalError as error:
                raise AssertionError(f"{otherwise} ({error})") from None
        return {"jars": jars, "journal": journal}

    def break_at(self, table):
        """From now on, the second row of a request that is written to this table fails."""
        event_of = {"jars": "UPDATE", "journal": "INSERT"}[table]
        with self.connect() as connection:
            connection.execute(
                f"CREATE TRIGGER gremlin_{table} BEFORE {event_of} ON {table} BEGIN SELECT gremlin('{table}'); END"
            )


@pytest.fixture
def bank(environment, given, tmp_path):
    """The given module, with an empty database of this check's own."""
    file = tmp_path / "seeds.db"
    environment(SEED_BANK_URL=f"sqlite:///{file.as_posix()}")
    module = given("bank")
    # Nobody pulls the plug during a check, so there is no need to wait for the disk.
    event.listen(module.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    module.engine.dispose()
    yield Bank(module, file)
    module.engine.dispose()


@pytest.fixture
def jars(bank, rng):
    """Three jars with seeds in them, by label, in an order of their own."""
    jars = dict(zip(rng.names(3), rng.numbers(3, 40, 90), strict=True))
    bank.fill(jars)
    return dict(jars)


def expected_rows(jars, journal=()):
    return {"jars": dict(sorted(jars.items())), "journal": sorted(map(list, journal))}


def body(giver, taker, seeds):
    return {"giver": giver, "taker": taker, "seeds": seeds}


def changes(before, after):
    """What differs between two states, in words."""
    words = [
        f"“{label}” {'lost' if after['jars'].get(label, 0) < seeds else 'got'} {abs(after['jars'].get(label, 0) - seeds)}"
        for label, seeds in before["jars"].items()
        if after["jars"].get(label, 0) != seeds
    ]
    entries = len(after["journal"]) - len(before["journal"])
    words += [f"the journal got {entries} of 2 entries"] if entries else []
    return ", ".join(words) or "nothing"


def works(client, jars):
    """A swap that has to work; most checks begin with it. It moves the jars along."""
    giver, taker = list(jars)[:2]
    response = client.post("/swaps", json=body(giver, taker, 3))
    assert response.status_code == 201, "There are enough seeds, and nothing is in the way of this swap."
    jars[giver] -= 3
    jars[taker] += 3


def get_session_of(module):
    get_session = getattr(module, "get_session", None)
    assert callable(get_session), "`app.py` has no `get_session` that could be used with `Depends`."
    return get_session


def test_seeds_change_jars(bank, jars, client, rng):
    """`POST /swaps` moves seeds from one jar to another, answers 201 with the seeds that are now in both, and writes one journal entry for each jar; `GET /jars/{label}` shows the jar."""
    one, other = rng.shuffled(list(jars))[:2]
    journal = []
    for giver, taker, seeds in ((one, other, rng.randint(5, 20)), (other, one, rng.randint(2, 4)), (one, other, None)):
        seeds = jars[giver] if seeds is None else seeds  # noqa: PLW2901 - the last swap empties the jar
        jars[giver] -= seeds
        jars[taker] += seeds
        journal += [[giver, -seeds], [taker, seeds]]
        response = client.post("/swaps", json=body(giver, taker, seeds))
        assert response.status_code == 201, told(
            (
                response.status_code == 409,
                "The jar holds just as many seeds as are wanted, and that is enough.",
            ),
            "There are enough seeds in the jar, and nobody else uses the database.",
        )
        assert response.json() == exactly({"giver": jars[giver], "taker": jars[taker]}), (
            "These are the seeds that are in the two jars after the swap."
        )
        got, expected = bank.rows(), expected_rows(jars, journal)
        assert got == expected, told(
            (
                got == expected_rows(jars | {giver: jars[giver] + seeds, taker: jars[taker] - seeds}, journal[:-2]),
                "The answer was 201, and nothing of the swap is in the database. A session keeps its changes to itself until "
                "somebody commits.",
            ),
            (
                got["jars"] == expected["jars"],
                "The jars are right. The journal is to have one entry for each jar of a swap.",
            ),
            "This is what the database holds after the swap.",
        )
    for label, seeds in jars.items():
        response = client.get(f"/jars/{label}")
        assert response.status_code == 200
        assert response.json() == exactly({"label": label, "seeds": seeds})


def test_refusals_reach_the_client_and_change_nothing(bank, jars, client, rng):
    """A jar that does not exist is answered 404 `{"detail": "No such jar"}`, in `GET /jars/{label}` and in a swap; a swap with too few seeds 409 `{"detail": "Not enough seeds"}`, with seeds that are no whole number of 1 or more 422. Nothing changes."""
    works(client, jars)
    before = bank.rows()
    giver, taker = rng.shuffled(list(jars))[:2]
    unknown, few, held = rng.word(4), rng.randint(1, 5), before["jars"][giver]
    no_such_jar = (404, {"detail": "No such jar"})
    for method, path, sent, (status, answer) in (
        ("GET", f"/jars/{unknown}", None, no_such_jar),
        ("POST", "/swaps", body(giver, taker, held + 1), (409, {"detail": "Not enough seeds"})),
        ("POST", "/swaps", body(giver, taker, held + 500), (409, {"detail": "Not enough seeds"})),
        ("POST", "/swaps", body(unknown, taker, few), no_such_jar),
        ("POST", "/swaps", body(giver, unknown, few), no_such_jar),
        ("POST", "/swaps", body(giver, taker, 0), (422, None)),
        ("POST", "/swaps", body(giver, taker, -3), (422, None)),
        ("POST", "/swaps", body(giver, taker, 2.5), (422, None)),
        ("POST", "/swaps", body(giver, taker, "many"), (422, None)),
    ):
        response = client.request(method, path, json=sent)
        assert response.status_code == status, told(
            (
                response.status_code == 500 and status == 422,
                "FastAPI refuses this body by itself. It does so by an exception, which comes by your dependency, at its "
                "`yield`, and has to go on from there as it is.",
            ),
            (
                response.status_code == 500,
                "An `HTTPException` is an exception like any other, so it comes by your dependency, at its `yield`, and has to "
                "go on from there as it is. If your code never came to raise one, look at what it raised instead.",
            ),
            (response.status_code == 201, "This swap must not take place."),
        )
        if answer is not None:
            assert response.json() == exactly(answer)
        after = bank.rows()
        assert after == before, f"This swap was refused, and yet: {changes(before, after)}."


def test_a_swap_that_breaks_half_way_leaves_no_trace(bank, jars, client):
    """If the database fails when the second jar or the second journal entry is written, the answer is 500, and neither jars nor journal have changed."""
    works(client, jars)
    before = bank.rows()
    giver, taker = list(jars)[:2]
    broken, written = "", 0

    def gremlin(table):
        nonlocal written
        written += table == broken
        if written == 2:
            raise ValueError

    @event.listens_for(bank.engine, "connect")
    def let_it_in(connection, _):
        connection.create_function("gremlin", 1, gremlin)

    bank.engine.dispose()
    bank.break_at("jars")
    bank.break_at("journal")
    for broken, row in (("journal", "entry in the journal"), ("jars", "jar")):
        written = 0
        response = client.post("/swaps", json=body(giver, taker, 5))
        after = bank.rows()
        assert after == before, told(
            (
                response.status_code >= 500 and after["jars"] == before["jars"],
                f"No seed has changed jars, for the database failed when the second {row} was written. But the journal tells "
                "of a swap. Was it written within the same transaction?",
            ),
            (
                response.status_code >= 500,
                f"The database failed when the second {row} was written, and what was written before it stayed: "
                f"{changes(before, after)}. All steps of a swap belong into one transaction.",
            ),
            f"The database failed when the second {row} was written, and the answer is no error.",
        )
        assert response.status_code == 500, told(
            (
                response.status_code == 201,
                f"The second {row} of this swap could not be written, and the client was told that all is well. When is "
                "written what a session holds, and is the answer still to come at that moment?",
            ),
            "The database has failed, and the client is told something else.",
        )


def test_201_means_committed(bank, jars, client):
    """If the commit fails because another program is just reading the file, the answer is an error (500 or above) and the swap is not stored, neither now nor later. As soon as the file is free, the next swap works."""
    works(client, jars)
    before = bank.rows()
    one, other, third = jars
    with bank.connect() as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM jars").fetchall()
        response = client.post("/swaps", json=body(one, third, 7))
        failed = response.status_code
        reader.execute("ROLLBACK")
    after = bank.rows(otherwise=f"The commit failed, and the file is still locked. {ROLLED_BACK}")
    assert after == before, "The commit failed, and the swap is in the database all the same."
    assert failed >= 500, told(
        (
            response.status_code == 201,
            "201, but nothing of it is in the database: the commit failed, and by then the answer had left. In FastAPI, the "
            "code after `yield` runs after the answer, unless it is told to run before it.",
        ),
        "The commit failed. That is an error of the server.",
    )
    response = client.post("/swaps", json=body(other, third, 2))
    assert response.status_code == 201, "The file is free again, and the next swap has to work."
    jars[other] -= 2
    jars[third] += 2
    got, failed_too = bank.rows()["jars"], jars | {one: jars[one] - 7, third: jars[third] + 7}
    assert got == dict(sorted(jars.items())), told(
        (got == failed_too, f"Together with the next swap, the failed one was stored. {ROLLED_BACK}"),
    )


def test_a_colleagues_route_is_committed_or_dropped_as_a_whole(bank, jars, module, app, client_for, rng):
    """A colleague's route with `Depends(get_session, scope="function")` is committed if it returns. If it raises an `HTTPException` or anything else, nothing is kept, and the exception goes on as it is."""
    get_session = get_session_of(module)
    answered = rng.word()

    @app.post("/harvests/{label}", status_code=201)
    def harvest(label: str, end: str, session: Annotated[Session, Depends(get_session, scope="function")]):
        session.add(bank.module.Jar(label=label, seeds=5))
        session.flush()
        if end == "refused":
            raise HTTPException(418, answered)
        if end == "frost":
            raise Frost(answered)
        if end == "crash":
            raise ZeroDivisionError(answered)
        return {"detail": answered}

    @app.exception_handler(Frost)
    def handle_frost(request: Request, error: Frost):
        return JSONResponse({"detail": answered}, 503)

    @app.exception_handler(IntegrityError)
    def handle_double(request: Request, error: IntegrityError):
        return JSONResponse({"detail": answered}, 409)

    client = client_for(app)
    works(client, jars)
    expected = bank.rows()
    for end, what, status in (
        ("return", "returned", 201),
        ("crash", "crashed with ZeroDivisionError", 500),
        ("refused", "raised HTTPException(418)", 418),
        ("frost", "raised an exception of its own, for which there is a handler that answers 503", 503),
        ("double", "met an IntegrityError, for which there is a handler that answers 409", 409),
        ("return", "returned", 201),
    ):
        label = next(iter(jars)) if end == "double" else rng.word(4)
        response = client.post(f"/harvests/{label}?end={end}")
        assert response.status_code == status, f"The colleague's route added a jar and {what}."
        if end != "crash":
            assert response.json() == exactly({"detail": answered}), f"The colleague's route {what}."
        if end == "return":
            expected["jars"] = dict(sorted({**expected["jars"], label: 5}.items()))
        after = bank.rows()
        assert after == expected, told(
            (
                end == "return" and label not in after["jars"],
                "The colleague's route returned, and the jar that it added is not in the database. The dependency is the one "
                "to commit.",
            ),
            (
                label in after["jars"] and label not in expected["jars"],
                f"The colleague's route added a jar and {what}, and the jar was kept.",
            ),
            f"The colleague's route added a jar and {what}.",
        )


def test_every_connection_goes_back(bank, jars, module, app, client, rng):
    """When a request is over, its connection is back in the pool, whether the request was answered, refused or crashed."""
    get_session = get_session_of(module)
    held = []

    # Garbage collection would bring connections back sooner or later. Not these.
    @event.listens_for(bank.engine, "checkout")
    def hold(connection, record, proxy):
        held.append(proxy)

    @app.post("/harvests/{label}", status_code=201)
    def harvest(label: str, session: Annotated[Session, Depends(get_session, scope="function")]):
        session.add(bank.module.Jar(label=label, seeds=5))
        session.flush()
        raise ZeroDivisionError

    bank.engine.dispose()
    works(client, jars)
    assert held != [], "This request took no connection out of the pool of `bank.engine`."
    giver, taker = list(jars)[:2]
    for what, method, path, sent in (
        ("a good swap", "POST", "/swaps", body(giver, taker, 1)),
        ("reading a jar", "GET", f"/jars/{giver}", None),
        ("reading a jar that is not there", "GET", f"/jars/{rng.word(4)}", None),
        ("a swap that was refused", "POST", "/swaps", body(giver, taker, 500)),
        ("a swap with an unknown jar", "POST", "/swaps", body(giver, rng.word(4), 1)),
        ("a colleague's route that crashed", "POST", f"/harvests/{rng.word(4)}", None),
    ):
        response = client.request(method, path, json=sent)
        out = bank.engine.pool.checkedout()
        assert out == 0, (
            f"After {what} ({response.status_code}), {out} connection{'s are' if out > 1 else ' is'} still out of the pool. "
            "The pool has a handful of them; when all are gone, requests wait for one in vain."
        )


async def test_requests_do_not_share_a_session(bank, module, app, asgi, rendezvous):
    """Within a request, all that ask for `get_session` get the same `Session` on `bank.engine`. Every other request gets another one, also if both run at the same time."""
    get_session = get_session_of(module)
    meeting, seen = rendezvous(2), []

    def shelf(session: Annotated[Session, Depends(get_session, scope="function")]):
        return session

    def ledger(session: Annotated[Session, Depends(get_session, scope="function")]):
        return session

    @app.get("/harvests/{label}")
    async def harvest(
        label: str,
        shelf: Annotated[Session, Depends(shelf)],
        ledger: Annotated[Session, Depends(ledger)],
        session: Annotated[Session, Depends(get_session, scope="function")],
    ):
        seen.append((shelf, ledger, session))
        await meeting.passed()
        return {}

    async with asgi(app) as server:
        first = server.start("GET", "/harvests/0")
        await meeting.meets(1, "A colleague's route that only looks at its session was not reached.")
        second = server.start("GET", "/harvests/1")
        for call in (first, second):
            response = await call.reply()
            assert response.status_code == 200, "A colleague's route that only looks at its session."
        response = await server.request("GET", "/harvests/2")
        assert response.status_code == 200
    is_session = all(isinstance(one, Session) for sessions in seen for one in sessions)
    assert is_session, f"`get_session` has to give a `Session`. It gives: {seen[0][0]!r}"
    is_ours = all(sessions[0].get_bind().engine is bank.engine for sessions in seen)
    assert is_ours, "The session does not work on `bank.engine`."
    shared = [len({id(one) for one in sessions}) for sessions in seen]
    assert shared == [1, 1, 1], (
        "So many sessions were given to the three that asked for one, in each of three requests. They belong to one "
        "transaction, so they need one and the same."
    )
    different = len({id(sessions[0]) for sessions in seen})
    assert different == 3, told(
        (
            different == 1,
            "All requests work with one and the same session. What one of them rolls back or closes is taken from the others.",
        ),
        "One request got the session of another that was still at work or had just ended. Each needs one of its own.",
    )
