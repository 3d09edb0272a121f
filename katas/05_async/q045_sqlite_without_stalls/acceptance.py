"""Checks of q045: who stands still while the file is locked, and who else writes between reading and writing."""

import asyncio
import contextlib
import sqlite3
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

import anyio
import anyio.to_thread
import pytest

from pytest_fastapi_kata.asgi import Call, http_scope
from pytest_fastapi_kata.checks import exactly, told, value_at

LONG, SHORT = 4.0, 1.0
"""Seconds after which a locked file is given free in any case, so that a blocked loop ends in an explanation."""
SETTLE, TURNS = 0.1, 10
HELD = 1.2
"""Seconds for which the file is locked where it is about patience."""
GONE = {"detail": "no such book"}
TAKEN = {"detail": "already on loan"}
NONE_LEFT = {"detail": "no copies left"}
BUSY = "Somebody still holds a lock on the file after the last answer. Is a transaction left open, or a query read only in part?"
_connect = sqlite3.connect


class Locked:
    """The file, locked by somebody else until it is released, or until too much time has passed."""

    def __init__(self, path, kind, seconds):
        self.db = _connect(path, timeout=2, isolation_level=None, check_same_thread=False)
        self.turn = threading.Lock()
        self.expired = False
        try:
            if kind == "SHARED":
                self.db.execute("BEGIN")
                self.db.execute("SELECT count(*) FROM books").fetchone()
            else:
                self.db.execute(f"BEGIN {kind}")
        except sqlite3.OperationalError:
            self.db.close()
            raise AssertionError(BUSY) from None
        self.alarm = threading.Timer(seconds, self.expire)
        self.alarm.daemon = True
        self.alarm.start()

    def expire(self):
        with self.turn:
            self.expired = self.db is not None
        self.release()

    def release(self):
        with self.turn:
            if self.db is not None:
                self.db.rollback()
                self.db.close()
                self.db = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.alarm.cancel()
        self.release()


class Shelf:
    """The library's file in this check, with books and loans of this run."""

    def __init__(self, path, given, load, rng):
        self.path, self.load, self.rng = str(path), load, rng
        self.books = {}
        for copies in (rng.randint(9, 30), rng.randint(2, 7), 1, 0):
            self.books[f"{rng.digits(3)}-{rng.digits(7)}"] = [rng.title(), copies]
        rows = [(isbn, title, copies) for isbn, (title, copies) in self.books.items()]
        given("library").create_database(self.path, rows)
        self.many, self.several, self.last, self.none = self.books
        # The numbers of the loans neither begin at 1 nor are they the number of rows.
        self.loans = {}
        for number in sorted(rng.numbers(4, 100, 900)):
            self.loans[number] = (rng.choice(list(self.books)), self.member())
        with closing(_connect(self.path)) as db:
            db.executemany("INSERT INTO loans VALUES (?, ?, ?)", [(n, *loan) for n, loan in self.loans.items()])
            db.commit()

    def member(self):
        """Somebody's name; some of them are Irish."""
        return f"{self.rng.name()} O'{self.rng.name()}"

    def worker(self):
        """The app of one more worker process: a new import of the learner's module, on the same file."""
        create_app = getattr(self.load(), "create_app", None)
        assert callable(create_app), "`app.py` has no function `create_app` any more."
        return create_app(self.path)

    def rows(self, timeout=2.0):
        """What is committed: copies by book, and loans by number. AssertionError if the file cannot be read."""
        try:
            with closing(_connect(self.path, timeout=timeout)) as db:
                books = dict(db.execute("SELECT isbn, copies FROM books"))
                loans = {number: tuple(loan) for number, *loan in db.execute("SELECT id, isbn, member FROM loans")}
        except sqlite3.OperationalError:
            raise AssertionError(BUSY) from None
        return books, loans

    def shown(self, isbn):
        title, copies = self.books[isbn]
        return {"isbn": isbn, "title": title, "copies": copies}

    def lend(self, server, isbn, member=None):
        """Send a request for a loan."""
        return server.start("POST", f"/books/{isbn}/loans", json={"member": member or self.member()})


def lenient(*values, **options):
    """Connect without the check of threads, which is the affair of the last check alone."""
    if len(values) < 5:
        options["check_same_thread"] = False
    return _connect(*values, **options)


@pytest.fixture(autouse=True)
async def quiet_loop():
    """What a task of the learner's raises when nobody waits for it any more ends no check."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)


@pytest.fixture
def any_thread(monkeypatch):
    """Connections may be used in any thread."""
    monkeypatch.setattr(sqlite3, "connect", lenient)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", lenient)


@pytest.fixture
def shelf(any_thread, tmp_path, given, load, rng):
    """The file, in place before the learner's app is imported."""
    return Shelf(tmp_path / "library.db", given, load, rng)


class OwnThreads(ThreadPoolExecutor):
    """An executor that runs each call in a thread of its own, which stays until the end of the check."""

    def __init__(self, parked):
        super().__init__(1)
        self.parked = parked

    def submit(self, function, /, *values, **options):
        future = Future()

        def work():
            try:
                future.set_result(function(*values, **options))
            except BaseException as error:
                future.set_exception(error)
            self.parked.wait()

        threading.Thread(target=work, daemon=True).start()
        return future


class Parking:
    """Sees to it that no worker thread serves twice: each is kept busy after its first call."""

    def __init__(self):
        self.parked = threading.Event()
        self.workers = set()
        self.run_sync = anyio.to_thread.run_sync

    async def in_own_thread(self, function, *values, abandon_on_cancel=False, cancellable=False, limiter=None):
        """Take the place of `anyio.to_thread.run_sync`."""
        async with limiter or contextlib.nullcontext():
            loop = asyncio.get_running_loop()
            outcome = loop.create_future()

            def work():
                try:
                    found = (function(*values), None)
                except BaseException as error:
                    found = (None, error)
                loop.call_soon_threadsafe(outcome.set_result, found)
                self.parked.wait()

            worker = loop.create_task(self.run_sync(work, limiter=anyio.CapacityLimiter(1)))
            self.workers.add(worker)
            worker.add_done_callback(self.workers.discard)
            value, error = await asyncio.shield(outcome)
            if error is not None:
                raise error
            return value

    async def __aenter__(self):
        asyncio.get_running_loop().set_default_executor(OwnThreads(self.parked))
        return self

    async def __aexit__(self, *_):
        self.parked.set()
        if self.workers:
            await asyncio.wait(self.workers, timeout=2)


@pytest.fixture
def parking(monkeypatch):
    """A parking in the way of FastAPI and of the learner's import."""
    made = Parking()
    monkeypatch.setattr(anyio.to_thread, "run_sync", made.in_own_thread)
    yield made
    made.parked.set()


@pytest.fixture
def strict_shelf(parking, tmp_path, given, load, rng):
    """The file, and connections as they are: bound to their thread, unless the learner says otherwise."""
    return Shelf(tmp_path / "library.db", given, load, rng)


async def finished(call, otherwise="The request was not answered."):
    """The reply, when the app has also done what it does after the answer."""
    response = await call.reply(otherwise)
    await call.ended()
    return response


async def looked_up(shelf, server, isbn):
    """Look up a book that is there; the checks of what is locked begin with it."""
    response = await finished(server.start("GET", f"/books/{isbn}"))
    assert response.status_code == 200, told(
        (
            response.status_code == 404,
            "This book is in the file that `create_app` was given. Is there a route that looks there?",
        ),
        "This book is in the file, and nobody else uses it at the moment.",
    )
    assert response.json() == exactly(shelf.shown(isbn))


async def settle():
    """Give the other tasks and threads some turns, each longer than theirs."""
    until, turns = time.monotonic() + SETTLE, 0
    while turns < TURNS or time.monotonic() < until:
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.002)
        turns += 1


async def quietly_pinged(server):
    """Whether `/ping` is answered as it should be, in a request that no learner sees."""
    call = Call(http_scope("GET", "/ping", state=server.state))
    task = asyncio.create_task(call.run(server.app))
    response = await call.reply("`GET /ping` was not answered.")
    await task
    return response.status_code == 200 and response.text.replace(" ", "") == '{"pong":true}'


async def pinged(server, lock, what, call, seconds=SETTLE):
    """Ask for `/ping` again and again while the file is locked, and this call is not answered."""
    until, turns = time.monotonic() + seconds, 0
    while True:
        fine = await quietly_pinged(server)
        if lock.expired or not fine:
            response = await server.request("GET", "/ping")
            assert not lock.expired, (
                f"The file was locked, {what} waited for it, and `GET /ping` was not answered. It was only when the file was given "
                "free. So the event loop itself stood still: its thread waited for the file, or for somebody who did."
            )
            assert response.status_code == 200, "`GET /ping` is given, and stays as it is."
            assert response.json() == exactly({"pong": True}), "`GET /ping` is given, and stays as it is."
        turns += 1
        if call.is_answered or (turns >= TURNS and time.monotonic() >= until):
            return
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, seconds / 50)


def gave_up(response):
    return (
        response.status_code >= 500,
        "The file was locked for some time, and this request did not get over it. It has to wait until it gets the file. (The "
        "exception below, if there is one, says what happened.)",
    )


async def test_books_are_read_from_the_file(shelf, asgi, rng):
    """`GET /books/{isbn}` answers 200 with `isbn`, `title` and `copies` as they are in the file, and 404 `{"detail": "no such book"}` for a book that is not there."""
    async with asgi(shelf.worker()) as server:
        for isbn in rng.shuffled(list(shelf.books)):
            await looked_up(shelf, server, isbn)
        response = await finished(server.start("GET", f"/books/{rng.digits(3)}-{rng.digits(8)}"))
        assert response.status_code == 404
        assert response.json() == exactly(GONE)
        shelf.books[shelf.many] = [rng.title(), rng.randint(11, 40)]
        with closing(_connect(shelf.path, timeout=2)) as db:
            title, copies = shelf.books[shelf.many]
            try:
                db.execute("UPDATE books SET title = ?, copies = ? WHERE isbn = ?", (title, copies, shelf.many))
                db.commit()
            except sqlite3.OperationalError:
                raise AssertionError(BUSY) from None
        response = await finished(server.start("GET", f"/books/{shelf.many}"))
        assert response.status_code == 200
        assert response.json() == exactly(shelf.shown(shelf.many)), (
            "Another worker has changed this book since the last look."
        )


async def test_loan_is_recorded_and_takes_one_copy(shelf, asgi):
    """`POST /books/{isbn}/loans` with `{"member": …}` answers 201 with `loan` (the id of the new row in `loans`), `isbn`, `member` and `copies_left`; the book has one copy less, and all of it is committed when the answer is sent."""
    async with asgi(shelf.worker()) as server:
        for isbn in (shelf.many, shelf.several, shelf.many, shelf.last):
            member = shelf.member()
            response = await finished(shelf.lend(server, isbn, member))
            assert response.status_code == 201, told(
                (response.status_code == 404, "This book is in the file that `create_app` was given."),
            )
            shelf.books[isbn][1] -= 1
            copies, loans = shelf.rows()
            new = [number for number, loan in loans.items() if number not in shelf.loans and loan == (isbn, member)]
            assert len(new) == 1, told(
                (new == [], "There is no row of this loan in the file."),
                "There are so many rows of this loan in the file.",
            )
            shelf.loans[new[0]] = (isbn, member)
            assert loans == shelf.loans, "These are the rows in `loans`, by their id."
            assert copies == {isbn: copies for isbn, (_, copies) in shelf.books.items()}, (
                "These are the copies in `books`, by ISBN."
            )
            assert response.json() == exactly(
                {"loan": new[0], "isbn": isbn, "member": member, "copies_left": shelf.books[isbn][1]}
            )
        # A reader stops nobody but those who commit.
        member = shelf.member()
        with Locked(shelf.path, "SHARED", SHORT) as lock:
            call = shelf.lend(server, shelf.several, member)
            await settle()
            answered = call.is_answered and not lock.expired
            try:
                recorded = (shelf.several, member) in shelf.rows(timeout=0)[1].values()
            except AssertionError:
                recorded = False  # somebody waits for the reader to end
            lock.release()
            response = await finished(call)
        assert response.status_code == 201, told(gave_up(response))
        assert recorded or not answered, (
            "The answer was 201, and the loan was not in the file: another worker that was reading held up the commit, and the "
            "answer did not wait for it. If the commit fails, nobody will ever tell this member."
        )


async def test_refused_loans_change_nothing(shelf, asgi):
    """A loan is refused with 404 (no such book), or 409 “already on loan”, or 409 “no copies left”, whichever comes first in this order. The file is left as it was, and the next good loan works."""
    async with asgi(shelf.worker()) as server:
        holder = shelf.member()
        response = await finished(shelf.lend(server, shelf.last, holder))
        assert response.status_code == 201
        for isbn, member, status, body, what in (
            (shelf.last, holder, 409, TAKEN, "This member has the book, and no copy is left. The first reason counts."),
            (shelf.last, shelf.member(), 409, NONE_LEFT, "The last copy of this book has just been lent."),
            (shelf.none, shelf.member(), 409, NONE_LEFT, "This book has no copies in the file."),
            (shelf.many, holder, 201, None, "Another book, of which there are copies."),
            (shelf.many, holder, 409, TAKEN, "This member has the book, and there are copies left."),
            (f"{shelf.rng.digits(3)}-{shelf.rng.digits(8)}", holder, 404, GONE, "This book is not in the file."),
            (shelf.several, holder, 201, None, "Another book, of which there are copies."),
            (shelf.many, shelf.member(), 201, None, "A member who does not have this book, of which there are copies."),
        ):
            before = shelf.rows()
            response = await finished(shelf.lend(server, isbn, member))
            assert response.status_code == status, what
            if body is None:
                continue
            assert response.json() == exactly(body), what
            after = shelf.rows()
            assert after[0] == before[0], "A loan was refused, and the copies in `books` have changed."
            assert after[1] == before[1], "A loan was refused, and the rows in `loans` have changed."


async def test_ping_is_served_while_a_loan_waits_for_the_file(shelf, asgi):
    """While somebody else holds the file locked, a loan waits for it and `GET /ping` is answered; the loan succeeds when the lock is gone."""
    async with asgi(shelf.worker()) as server:
        await looked_up(shelf, server, shelf.several)
        with Locked(shelf.path, "EXCLUSIVE", LONG) as lock:
            call = shelf.lend(server, shelf.several)
            await pinged(server, lock, "a loan", call, HELD)
            if call.is_answered:
                response = await finished(call)
                assert response.status_code == "no answer yet", told(
                    gave_up(response),
                    "The file is locked, nobody can write to it now, and the loan was answered all the same.",
                )
            lock.release()
            response = await finished(call)
        assert response.status_code == 201, told(gave_up(response))
        copies, loans = shelf.rows()
        assert (copies[shelf.several], len(loans)) == (shelf.books[shelf.several][1] - 1, len(shelf.loans) + 1), (
            "The copies that are left of the book, and the number of loans, after the lock was gone and the loan was answered 201."
        )


async def test_ping_is_served_while_a_lookup_waits_for_the_file(shelf, asgi):
    """While somebody else holds the file locked, a lookup waits for it (if it has to) and `GET /ping` is answered; the lookup succeeds."""
    async with asgi(shelf.worker()) as server:
        await looked_up(shelf, server, shelf.several)
        with Locked(shelf.path, "EXCLUSIVE", LONG) as lock:
            call = server.start("GET", f"/books/{shelf.many}")
            await pinged(server, lock, "a lookup", call)
            lock.release()
            response = await finished(call)
        assert response.status_code == 200, told(gave_up(response))
        assert response.json() == exactly(shelf.shown(shelf.many))


async def at_once(shelf, asgi, isbn, members):
    """Let these members order this book from two workers at once, after somebody has kept all writers, but no readers, waiting.

    Gives how often which answer came, and what is told if some were answered 500.
    """
    async with asgi(shelf.worker()) as one, asgi(shelf.worker()) as two:
        for server in (one, two):
            await looked_up(shelf, server, isbn)
        with Locked(shelf.path, "IMMEDIATE", SHORT) as lock:
            calls = [shelf.lend((one, two)[turn % 2], isbn, member) for turn, member in enumerate(members)]
            await settle()
            lock.release()
            kinds = Counter([kind(await finished(call)) for call in calls])
        # The book as it is shown after that; a learner sees the last exchange of a check.
        await finished(one.start("GET", f"/books/{isbn}"))
    raised = next((call.raised for call in calls if isinstance(call.raised, Exception)), None)
    fell_over = (
        any(one.startswith("5") for one in kinds),
        told(
            (
                "locked" in str(raised),
                f"Several asked at once, and the database sent some of them away ({raised}), although nobody kept it for long. They "
                "were answered 500.",
            ),
            (
                raised is not None,
                f"Some were answered as if the service had failed. One of them ended with {type(raised).__name__}: {raised}. That "
                "happens to no request that is alone; here another one came in between.",
            ),
            "Some were answered as if the service had failed, which happens to no request that is alone.",
        ),
    )
    return dict(sorted(kinds.items())), fell_over


def kind(response):
    """The kind of an answer, in words."""
    detail = None
    if response.status_code == 409:
        with contextlib.suppress(AssertionError):
            detail = value_at(response.json(), "detail")
    return f"{response.status_code}" + (f" {detail}" if detail else "")


async def test_last_copy_goes_to_one_member_only(shelf, asgi):
    """Two workers use one file. When ten members want the last copy at once, one gets 201 and the others 409 “no copies left”; no copy is left, and one loan is recorded."""
    members = [f"{name} O'{shelf.rng.name()}" for name in shelf.rng.names(10)]
    got, fell_over = await at_once(shelf, asgi, shelf.last, members)
    assert got == {"201": 1, "409 no copies left": 9}, told(
        (
            got.get("201", 0) > 1,
            "There was one copy, and it went out several times. Between reading the copies and writing them, other requests did "
            "the same, some of them in another worker, with whom you share nothing but the file.",
        ),
        fell_over,
        "These are the answers to ten members who wanted the last copy at once, by kind.",
    )
    copies, loans = shelf.rows()
    lent = [loan for loan in loans.values() if loan[0] == shelf.last and loan[1] in members]
    assert (copies[shelf.last], len(lent)) == (0, 1), "The copies that are left, and the new loans, in the file."


async def test_same_member_twice_at_once_gets_one_loan(shelf, asgi):
    """Two workers use one file. When a member asks eight times at once for a book with many copies, one request gets 201 and the others 409 “already on loan”; there is one loan and one copy less."""
    member = shelf.member()
    got, fell_over = await at_once(shelf, asgi, shelf.many, [member] * 8)
    assert got == {"201": 1, "409 already on loan": 7}, told(
        fell_over,
        (got.get("201", 0) > 1, "The same member has got the same book several times."),
        "These are the answers to eight requests of one member at once, by kind.",
    )
    copies, loans = shelf.rows()
    lent = [loan for loan in loans.values() if loan == (shelf.many, member)]
    assert (copies[shelf.many], len(lent)) == (shelf.books[shelf.many][1] - 1, 1), (
        "The copies that are left, and the member's loans of this book, in the file. One request was a loan, seven were refused."
    )


async def test_no_particular_thread_is_relied_upon(parking, strict_shelf, asgi):
    """Looking up, lending and refusing work when every call that FastAPI or asyncio gives to a worker thread gets another one."""
    shelf = strict_shelf
    moved = (
        "Every call was given to another worker thread here, as may happen under load: the one before `yield`, the one after "
        "it, and the route. An sqlite3 connection refuses to work outside of the thread that opened it, unless it was told "
        "otherwise."
    )
    async with parking, asgi(shelf.worker()) as server:
        holder = shelf.member()
        for isbn, member, status, body in (
            (shelf.last, None, 200, shelf.shown(shelf.last)),
            (shelf.last, holder, 201, None),
            (shelf.last, holder, 409, TAKEN),
            (shelf.last, shelf.member(), 409, NONE_LEFT),
            (shelf.last, None, 200, shelf.shown(shelf.last) | {"copies": 0}),
            (shelf.many, holder, 201, None),
            (shelf.many, None, 200, shelf.shown(shelf.many) | {"copies": shelf.books[shelf.many][1] - 1}),
        ):
            call = server.start("GET", f"/books/{isbn}") if member is None else shelf.lend(server, isbn, member)
            response = await finished(call)
            assert response.status_code == status, told((response.status_code == 500, moved))
            if body is not None:
                assert response.json() == exactly(body)
        _, loans = shelf.rows()
        lent = sorted(loan for loan in loans.values() if loan[1] == holder)
        assert lent == sorted([(shelf.last, holder), (shelf.many, holder)]), "The holder's loans in the file."
