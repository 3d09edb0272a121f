# ruff: noqa: C901, E501, PLR0913, PLR0917, S311
"""Notes what reaches the databases; `db.py` imports it at its end, so it is there before the learner's engine."""

import random
import re

import db
from sqlalchemy import event, select
from sqlalchemy.pool import Pool

SEED = {{seed}}  # noqa: F821

_dice = random.Random(str(SEED))
_TABLE = re.compile(r"\s*create\s+table\s+(if\s+not\s+exists\s+)?[\"'`\[]?tools\b", re.IGNORECASE)


def word():
    return "".join(_dice.choices("abcdefghijklmnopqrstuvwxyz", k=9))


def require(fact, otherwise):
    """An assert whose message is all that a learner needs."""
    if not fact:
        raise AssertionError(otherwise)


class Book:
    """What SQLite was told, on all connections."""

    def __init__(self):
        self.tables = 0
        self.writes = 0
        self.commits = []
        self.real_connections = 0

    def commit(self, how, last):
        if self.tables:
            self.commits.append((how, last))


class Line:
    """What one connection was told."""

    def __init__(self, book, is_begun):
        self.book = book
        self.is_begun = is_begun
        self.savepoints = 0
        self.last = ""
        self.is_first_making = False

    def told(self, statement):
        words = statement.upper().split()
        verb = words[0] if words else ""
        if verb in ("COMMIT", "END"):
            self.end("COMMIT")
        elif verb == "RELEASE":
            self.savepoints = max(self.savepoints - 1, 0)
            if not self.is_begun and not self.savepoints:
                self.end("RELEASE")
        elif verb == "ROLLBACK":
            if "TO" not in words:
                self.is_begun, self.savepoints, self.is_first_making = False, 0, False
        elif verb == "BEGIN":
            self.is_begun = True
        elif verb == "SAVEPOINT":
            self.savepoints += 1
        elif verb not in ("PRAGMA", "SELECT"):
            self.last = " ".join(statement.split())
            self.book.writes += verb == "INSERT"
            if _TABLE.match(statement):
                self.is_first_making |= not self.book.tables
                self.book.tables += 1
            elif verb == "CREATE":
                self.is_first_making |= self.book.tables <= 1

    def end(self, how):
        if not self.is_first_making:
            self.book.commit(how, self.last)
        self.is_begun, self.savepoints, self.is_first_making, self.last = False, 0, False, ""


book = Book()


@event.listens_for(Pool, "connect")
def _connected(connection, _record):
    raw = getattr(connection, "driver_connection", connection)
    raw.set_trace_callback(Line(book, raw.in_transaction).told)


@event.listens_for(db.engine, "do_connect")
def _real(*_args):
    book.real_connections += 1


def note_on(text):
    """Say what an error of the database's means here, as far as it can be known."""
    if "no such table" in text and book.real_connections:
        return "`db.engine`, the engine of the real database, has been asked for a connection."
    if "no such table" in text:
        return "There are no tables on the connection that was used. (In memory, each new connection is an empty database of its own.)"
    if "created in a thread" in text:
        return "The app's endpoints are plain functions: they run in other threads than the test."
    if "within a transaction" in text:
        return "A transaction was begun on a connection that was in the midst of one."
    if "is locked" in text:
        return "Somebody else, on another connection, is in the midst of a transaction."
    return ""


def raised(error):
    lines = str(error).strip().splitlines()
    text = (f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__).partition(" The object was ")[0]
    return f"{text.rstrip('.')}. {note_on(text)}".strip()


def leftovers(found):
    """Say where rows come from that a test finds at its beginning."""
    if not found:
        return "nothing"
    some = f"{found[0]}" + (f" and {len(found) - 1} more" if found[1:] else "")
    if not book.commits:
        return f"{some}: rows of an earlier test. No commit had reached the database, so the transaction in which they were added has not been rolled back."
    how = (
        "the release of a SAVEPOINT around which nobody had begun a transaction"
        if book.commits[-1][0] == "RELEASE"
        else "COMMIT"
    )
    times = "a commit" if len(book.commits) == 1 else f"{len(book.commits)} commits"
    return f"{some}: rows of an earlier test. Since the tables were made, {times} had reached the database, the last by {how}."


def ask(client, method, path, body=None):
    """Send a request; (status, JSON), and an assertion's failure if it raises."""
    what = f"`{method} {path}`" + (f" with {body}" if body is not None else "")
    try:
        response = client.get(path) if method == "GET" else client.post(path, json=body)
    except Exception as error:  # noqa: BLE001
        raise AssertionError(f"{what} raised {raised(error)}") from None  # noqa: EM102, TRY003
    try:
        answer = response.json()
    except ValueError:
        answer = response.text
    return response.status_code, answer, what


def expect(client, method, path, body, status, lead=""):
    got, answer, what = ask(client, method, path, body)
    require(got == status, f"{lead}{what} was answered {got} {answer}, where {status} is right.")
    return answer


def add(client, name, lead=""):
    answer = expect(client, "POST", "/tools", {"name": name}, 201, lead)
    require(answer.get("name") == name, f"`POST /tools` with the name {name} was answered {answer}.")


def lend(client, tools, member, status, lead=""):
    return expect(client, "POST", "/loans", {"tools": tools, "member": member}, status, lead)


def listed(client, *names):
    """Return which of these names the app lists, or all that it lists."""
    answer = expect(client, "GET", "/tools", None, 200)
    found = [tool["name"] for tool in answer]
    return [name for name in found if name in names] if names else found


def lent(client, member):
    return expect(client, "GET", f"/loans/{member}", None, 200)


def do(what, action):
    """Do something with the session; an assertion's failure if it raises."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001
        raise AssertionError(f"In a test, {what} raised {raised(error)}") from None  # noqa: EM102, TRY003


def stored(session, *names):
    """Return which of these names the session finds in the table of tools, or all that it finds."""
    query = select(db.Tool.name).order_by(db.Tool.name)
    found = list(do("a query of `session`", lambda: session.scalars(query).all()))
    return [name for name in found if name in names] if names else found


def loans_stored(session):
    return list(do("a query of `session`", lambda: session.scalars(select(db.Loan.member)).all()))


def put(session, name):
    session.add(db.Tool(name=name))
    do("`session.flush()`", session.flush)


def commit(session):
    do("`session.commit()`", session.commit)


def roll_back(session):
    do("`session.rollback()`", session.rollback)
