"""Checks of q069: what is fetched before it is taken, in which thread, and who closes the cursor in the end."""

import asyncio
import csv
import gc
import io
import json
import re
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from pytest_fastapi_kata.checks import Words, exactly, quoted, told
from pytest_fastapi_kata.rendezvous import settle, within

CSV, JSON_LINES = "csv", "jsonl"
FORMS = (CSV, JSON_LINES)
NAMES = ["time", "micrometres", "note"]
TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
LENGTH = 19
MANY = 44
"""Clients that take their time: more than Starlette has threads."""
SECONDS = 5.0
"""Real seconds that a download may take that nobody holds up; only wrong answers get that far."""
UNKNOWN = {"detail": "No such station"}


class ArchiveDown(Exception):
    """What `fetch` raises when the archive has failed."""


class Cursor:
    """A cursor as the archive's own, which notes who calls it, when, and who else does so at the time."""

    def __init__(self, archive, rows, taker, fails_beyond, gate):
        self.archive, self.rows, self.taker, self.fails_beyond, self.gate = archive, rows, taker, fails_beyond, gate
        self.asked, self.fetched, self.most_ahead = [], 0, 0
        self.closed = False
        self.late = 0
        self.together = set()
        self.under_way = []
        self._lock = threading.Lock()

    @contextmanager
    def _call(self, name):
        with self._lock:
            self.together.update((other, name) for other in self.under_way)
            self.under_way.append(name)
        self.archive.note(name)
        try:
            yield
        finally:
            with self._lock:
                self.under_way.remove(name)

    def fetch(self, count):
        """The next `count` rows at most; an empty list at the end."""
        with self._call("fetch"):
            self.late += self.taker.gone
            self.asked.append(count)
            if self.closed:
                raise RuntimeError("cursor is closed")
            if self.gate is not None and len(self.asked) == 2:
                if self.archive.is_on_loop():
                    # Whoever holds up the loop here could not be let go by anybody.
                    self.gate.open()
                self.gate.hold()
            if self.fails_beyond is not None and self.fetched + count > self.fails_beyond:
                raise ArchiveDown("the archive does not answer any more")
            if self.archive.gives_fewer and len(self.asked) % 2:
                count = (count + 1) // 2
            rows = self.rows[self.fetched : self.fetched + max(count, 0)]
            self.fetched += len(rows)
            self.most_ahead = max(self.most_ahead, self.fetched - self.taker.rows)
            return rows

    def close(self):
        """Closing it twice does no harm."""
        with self._call("close"):
            self.closed = True


class Taker:
    """The server's side of one download: it takes messages, counts the rows in them, may hold one, and may lose its client.

    A row is counted by the whole seconds of its time, which nobody writes in another way.
    """

    def __init__(self, holds=(), gone_at=None):
        self.holds, self.gone_at = list(holds), gone_at
        self.rows = self.most = 0
        self.gone = self.says_nothing = False
        self.stopped, self.go = asyncio.Event(), asyncio.Event()
        self._tail = b""

    async def take(self, message, send):
        """Pass a message of the app's on to the server."""
        body = message.get("body", b"") if message["type"] == "http.response.body" else b""
        text = self._tail + bytes(body)
        rows = len(TIME.findall(text))
        self.most = max(self.most, rows)
        if body and self.holds and self.rows + rows >= self.holds[0]:
            self.holds.pop(0)
            self.stopped.set()
            await self.go.wait()
            self.go.clear()
        if self.says_nothing:
            return
        if self.gone or (self.gone_at is not None and self.rows + rows >= self.gone_at and (body or not self.gone_at)):
            # What the app has begun meanwhile is under way by now.
            await settle()
            self.gone = True
            raise OSError("the client has gone")
        await send(message)
        # A time that was cut in two is counted with its second half.
        self._tail = text[max(len(text) - LENGTH + 1, _end_of_last(text)) :]
        self.rows += rows

    def leave(self, call):
        """Let the client go, and an older server say so when it is asked; whoever sends on sends into the void."""
        self.gone = self.says_nothing = True
        call.leave()

    async def stands(self, otherwise, *seconds):
        """Wait until a message is held, or the app has ended."""
        await within(self.stopped.wait(), otherwise, *seconds)
        self.stopped.clear()


def _end_of_last(text):
    return max((found.end() for found in TIME.finditer(text)), default=0)


class Outcome:
    """What came of a download, when the app has ended."""

    def __init__(self, call):
        start = next((one for one in call.sent if one["type"] == "http.response.start"), {})
        last = call.sent[-1] if call.sent else {}
        self.status_code = start.get("status")
        self.headers = {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in start.get("headers", ())}
        self.body = b"".join(bytes(one.get("body", b"")) for one in call.sent if "body" in one)
        self.is_whole = last.get("type") == "http.response.body" and not last.get("more_body", False)
        self.raised = call.raised

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def ending(self):
        """How the answer ended, in words."""
        if self.raised is None:
            return Words("complete" if self.is_whole else "no last message, and no exception")
        return Words(
            f"{'complete, and then' if self.is_whole else 'broken off by'} {type(self.raised).__name__}: {self.raised}"
        )


class Archive:
    """The archive of this run, and the server that researchers download from."""

    def __init__(self, rng, batch):
        self.rng, self.batch = rng, batch
        self.stations, self.cursors = {}, []
        self.on_loop = set()
        self.loop_thread = threading.get_ident()
        self.fails_beyond = self.gate = None
        self.gives_fewer = False
        self.takers = {}

    def open_cursor(self, station):
        self.note("open_cursor")
        if station not in self.stations:
            raise LookupError(station)
        taker = self.takers.get(station) or Taker()
        self.cursors.append(Cursor(self, self.stations[station], taker, self.fails_beyond, self.gate))
        return self.cursors[-1]

    def is_on_loop(self):
        return threading.get_ident() == self.loop_thread

    def note(self, name):
        if self.is_on_loop():
            self.on_loop.add(name)

    def station(self, count, notes=None):
        """Set up a station with so many readings, and return its name."""
        rng = self.rng
        name = f"{rng.word(2)}-{rng.name()}{rng.randint(2, 99)}"
        if name in self.stations:
            return self.station(count, notes)
        # No time occurs at two stations.
        begin = datetime(2031 + len(self.stations), rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23))
        self.stations[name] = [
            (
                (begin + timedelta(seconds=second)).strftime(f"%Y-%m-%dT%H:%M:%S.{rng.randint(10, 99)}0Z"),
                rng.randint(-900, 900),
                notes[second] if notes else rng.word(),
            )
            for second in range(count)
        ]
        return name

    def notes(self):
        """All sorts of notes, each of them a trap for somebody."""
        rng = self.rng
        one, two = rng.words(2)
        notes = [
            "", f"{one}, {two}", f'said "{one}"', '"', ",", '""', f"{one}\n{two}", f"{one}\r\n{two}\n", f"{one}\r{two}", f"{one};{two}",
            f" {one}", f"{two} ", f"{one}\t{two}", f"it's {one}", f"C:\\{two}\\n", f"{one} 🌋 {two}", "Þórður ß Ω 地震",
            f"{one}\u2028{two}", "=1+2", "null", "0", "{}", f"<{one}>&amp;", f'",{one},"\n', f"{one}\\", "#",
        ]  # fmt: skip
        return rng.shuffled(notes + [rng.word() for _ in range(3 * self.batch + 2)])

    def start(self, server, station, form, **taking):
        """Begin a download; return the call and the server's side of it."""
        taker = self.takers[station] = Taker(**taking)
        return server.start("GET", path(station, form)), taker

    async def over(self, call, taker, otherwise):
        """Wait until the app has ended with a download."""
        await call.ended(otherwise)
        await settle_threads(self.cursors)
        return Outcome(call)

    async def serves(self, server, station, form):
        """Download everything, and see that it is complete."""
        call, taker = self.start(server, station, form)
        return await self.whole(call, taker, station, form)

    async def whole(self, call, taker, station, form):
        response = await self.over(call, taker, f"`GET {path(station, form)}` did not come to an end.")
        assert response.status_code == 200, told(
            (
                response.status_code == 404,
                f"The station is known, and `GET {path(station, form)}` is answered 404. Is there a route, and does it ask "
                "`archive.open_cursor`?",
            ),
            (response.raised is not None, f"`GET {path(station, form)}` ended in an exception."),
            f"This is the status of `GET {path(station, form)}`.",
        )
        ending = response.ending
        assert ending == "complete", told(
            (
                "cursor is closed" in ending,
                "The answer had begun, and then a `fetch` met a cursor that was closed already. What closes it, and is the "
                "answer over by then?",
            ),
            "The answer had begun, and it was not brought to its end.",
        )
        return response


async def begun(gate, call):
    """Wait until somebody is at the gate, or the app is through without that."""
    while True:
        if gate.arrived or call.is_answered:
            return
        await asyncio.sleep(0.002)


async def settle_threads(cursors):
    """Let a fetch that is left alone in its thread come to its end."""
    for _ in range(200):
        if not any(cursor.under_way for cursor in cursors):
            return
        await asyncio.sleep(0.005)


def path(station, form):
    return f"/stations/{station}/readings.{form}"


class Watched:
    """The learner's app, with the takers between it and the server."""

    def __init__(self, app, archive):
        self.app, self.archive, self.router = app, archive, app.router

    async def __call__(self, scope, receive, send):
        name = scope["path"].removeprefix("/stations/").partition("/")[0]
        taker = self.archive.takers.get(name) or Taker()
        try:
            await self.app(scope, receive, lambda message: taker.take(message, send))
        finally:
            taker.stopped.set()


@pytest.fixture
def archive(given, rng):
    """The archive, in place before the learner's app is imported."""
    made = Archive(rng, rng.randint(21, 39))
    given("archive", BATCH=made.batch, open_cursor=made.open_cursor)
    return made


@pytest.fixture
def serving(archive, app, asgi):
    """The learner's app, served; older servers tell in another way that the client has gone."""

    def serve(spec_version="2.4"):
        archive.loop_thread = threading.get_ident()
        return asgi(Watched(app, archive), spec_version)

    return serve


@pytest.fixture
def no_collector():
    """Nobody comes by to close what was left open."""
    gc.disable()
    yield
    gc.enable()


def records(response):
    try:
        return list(csv.reader(io.StringIO(response.text, newline="")))
    except csv.Error as error:
        raise AssertionError(f"Python's `csv.reader` cannot read the answer: {error}.") from None


def read(line):
    """The JSON of a line, or the line itself."""
    try:
        return json.loads(line)
    except ValueError:
        return Words(f"no JSON: {line[:300]}")


def same_rows(got, expected, what, fewer):
    """Row for row, so that only the first difference is shown."""
    for number, (one, wanted) in enumerate(zip(got, expected, strict=False), 1):
        assert one == exactly(wanted), told(
            (
                isinstance(one, Words),
                f"What stands before line feed number {number} is to be one JSON object, that of row number {number}.",
            ),
            (
                what == "record" and one[:1] == wanted[:1] and any(set(text) & set(',"\r\n') for text in wanted),
                f"The note of row number {number} has a comma, a quote or a line break (`\\r`, `\\n`) in it, and is to come back as it was.",
            ),
            (
                what == "line" and wanted["note"] == "" and isinstance(one, dict) and one.get("note", "") is None,
                f"Row number {number} has an empty note. That is a text, and a text is what comes back, not `null`.",
            ),
            (
                _time(one) != _time(wanted) and _time(one)[:LENGTH] == _time(wanted)[:LENGTH],
                f"In {what} number {number} of the answer, the time has come out in other letters than the row has. It is a text.",
            ),
            f"This is {what} number {number} of the answer.",
        )
    assert len(got) == len(expected), told(
        (
            fewer and len(got) < len(expected),
            f"So many {what}s are in the answer. A `fetch` gave fewer rows than it was asked for, and more were to come. At the end it "
            "gives none.",
        ),
        f"So many {what}s are in the answer.",
    )


def _time(row):
    return str((row.get("time") if isinstance(row, dict) else row[0]) if row and isinstance(row, dict | list) else "")


async def test_csv_comes_back_as_it_was(archive, serving):
    """`GET /stations/{station}/readings.csv` answers 200, `text/csv; charset=utf-8`, as an attachment named after the station: `time,micrometres,note`, then a record for each row, from which `csv.reader` gets the same values."""
    async with serving() as server:
        for count, fewer in ((None, False), (archive.batch * 2, False), (archive.batch * 4, True)):
            notes = None if count else archive.notes()
            archive.gives_fewer = fewer
            station = archive.station(count or len(notes), notes)
            response = await archive.serves(server, station, CSV)
            got = {name: response.headers.get(name) for name in ("content-type", "content-disposition")}
            assert got == {
                "content-type": "text/csv; charset=utf-8",
                "content-disposition": f'attachment; filename="{station}.csv"',
            }
            rows = [[time, str(micrometres), note] for time, micrometres, note in archive.stations[station]]
            found = records(response)
            assert found[:1] == [NAMES], "This is the first record of the answer."
            same_rows(found[1:], rows, "record", fewer)


async def test_json_lines_come_back_as_they_were(archive, serving):
    """`GET /stations/{station}/readings.jsonl` answers 200, `application/jsonl`: for each row one line with `time`, `micrometres` and `note`, ended by a line feed."""
    async with serving() as server:
        for count, fewer in ((None, False), (archive.batch * 2, False), (archive.batch * 4, True)):
            notes = None if count else archive.notes()
            archive.gives_fewer = fewer
            station = archive.station(count or len(notes), notes)
            response = await archive.serves(server, station, JSON_LINES)
            kind = response.headers.get("content-type")
            assert kind == "application/jsonl"
            *lines, rest = response.text.split("\n")
            got = [read(line) for line in lines]
            rows = [dict(zip(NAMES, row, strict=True)) for row in archive.stations[station]]
            same_rows(got, rows, "line", fewer)
            assert rest == "", "This stands behind the last line feed. Every line is ended by one, the last one too."


async def test_an_empty_station_is_no_error(archive, serving):
    """A station without readings is answered 200: the line of names alone, or an empty body."""
    station = archive.station(0)
    async with serving() as server:
        response = await archive.serves(server, station, CSV)
        got = records(response)
        assert got == [NAMES], "The station is known and has no readings. These are the records of the answer."
        response = await archive.serves(server, station, JSON_LINES)
        got = response.text
        assert got == "", "The station is known and has no readings, so there are no lines."


async def test_an_unknown_station_is_a_404(archive, serving):
    """A station that the archive does not know is answered 404 `{"detail": "No such station"}`, as JSON and not as an attachment, in both forms."""
    async with serving() as server:
        for form in FORMS:
            known, unknown = archive.station(3), archive.rng.word(4)
            await archive.serves(server, known, form)
            call, taker = archive.start(server, unknown, form)
            response = await archive.over(call, taker, f"`GET {path(unknown, form)}` did not come to an end.")
            assert response.status_code == 404, told(
                (
                    response.status_code == 200 and response.raised is not None,
                    "The status line went out with a 200, and then the download broke off: `open_cursor` raised only when the "
                    "answer had begun, and a status cannot be taken back.",
                ),
                (response.status_code == 200, "A download of a station that does not exist."),
                (response.status_code == 500, "`open_cursor` raised LookupError, and nobody has made an answer of it."),
            )
            got = (await call.reply()).json()
            assert got == exactly(UNKNOWN)
            got = response.headers.get("content-disposition")
            assert got is None, "This is no file to be saved, yet the answer names one."


async def test_rows_are_fetched_as_they_are_taken(archive, serving):
    """`fetch` is asked for `BATCH` rows at most, and only as the client takes what was fetched before: never are there more than 2 × `BATCH` fetched rows that the server has not taken. No message has more than `BATCH` rows, and there is no `Content-Length`."""
    batch = archive.batch
    limit = 2 * batch
    async with serving() as server:
        for form in FORMS:
            station = archive.station(9 * batch + archive.rng.randint(1, batch - 1))
            call, taker = archive.start(server, station, form, holds=(0, 4 * batch))
            for _ in range(2):
                await taker.stands("The download neither sent anything nor came to an end.")
                await settle()
                fetched = sum(cursor.fetched for cursor in archive.cursors[-1:])
                ahead = fetched - taker.rows
                assert ahead <= limit, told(
                    (
                        not taker.rows,
                        f"`BATCH` is {batch}. The client has not taken a single row yet, and {fetched} rows were fetched.",
                    ),
                    f"`BATCH` is {batch}. The client has taken {taker.rows} rows and not the next ones yet, and {fetched} rows were fetched.",
                )
                taker.go.set()
            response = await archive.whole(call, taker, station, form)
            cursor = archive.cursors[-1]
            most = max(cursor.asked, default=0)
            assert most <= batch, f"`archive.BATCH` is {batch} in this check, and `fetch` was asked for more rows."
            most = cursor.most_ahead
            assert most <= limit, (
                f"`BATCH` is {batch}. So many rows had been fetched that the server had not taken yet."
            )
            most = taker.most
            assert most <= batch, f"`BATCH` is {batch}. So many rows were in one message."
            got = {"fetched": cursor.fetched, "taken": taker.rows}
            rows = len(archive.stations[station])
            assert got == {"fetched": rows, "taken": rows}, (
                "So many rows were fetched in the end, and taken by the server."
            )
            got = response.headers.get("content-length")
            assert got is None, "Who knows the length before the end has made the whole answer before its beginning."


async def test_the_event_loop_is_never_blocked(archive, serving):
    """`open_cursor`, `fetch` and `close` block. None of them is called on the event loop's thread, in neither form, and for an unknown station neither."""
    async with serving() as server:
        for form in FORMS:
            await archive.serves(server, archive.station(2 * archive.batch), form)
            _off_the_loop(archive, form)
            call, taker = archive.start(server, archive.rng.word(4), form)
            await archive.over(call, taker, "The request for an unknown station did not come to an end.")
            _off_the_loop(archive, form)


def _off_the_loop(archive, form):
    got = Words(quoted(sorted(archive.on_loop)) or "none of them")
    assert got == Words("none of them"), f"`{form}` was asked for. " + told(
        (
            "fetch" in archive.on_loop,
            "Rows were fetched on the event loop's thread, and while `fetch` blocks there, nobody else is served. An async generator "
            "runs on the loop itself, and so does everything that it calls.",
        ),
        (
            {"open_cursor", "close"} <= archive.on_loop,
            "Opening and closing the cursor were done by a coroutine, that is, on the event loop. Both wait for the database, and all "
            "requests with them.",
        ),
        (
            "open_cursor" in archive.on_loop,
            "`open_cursor` ran on the event loop's thread, and while it blocks there, nobody else is served. An `async def`, be it "
            "an endpoint, a dependency or a generator, runs on the loop itself.",
        ),
        "The cursor was closed on the event loop's thread. `close` blocks like the others. Who calls it, and where does that run?",
    )


async def test_one_cursor_one_thread_at_a_time(archive, serving, rendezvous):
    """Calls to one cursor never overlap, even if the client leaves while a `fetch` is under way: that ends, and then the cursor is closed. Each download has a cursor of its own, and slow ones, however many, keep nobody waiting."""
    batch = archive.batch
    async with serving() as server:
        for form in FORMS:
            slow, other = archive.station(5 * batch), archive.station(4 * batch)
            call, taker = archive.start(server, slow, form, holds=(3 * batch,))
            await taker.stands("The download neither sent anything nor came to an end.")
            held = not call.is_answered
            second, seconds_taker = archive.start(server, other, form)
            waits = "A client took its time, and meanwhile another download was not brought to its end."
            await within(second.ended(waits), waits, SECONDS)
            taker.go.set()
            first = await archive.whole(call, taker, slow, form)
            assert held, f"The client was to be sent {5 * batch} rows, and did not get so far as {3 * batch} of them."
            response = await archive.whole(second, seconds_taker, other, form)
            for reply, station in ((first, slow), (response, other)):
                own = [row[0][:LENGTH] for row in archive.stations[station]]
                times = [found.decode() for found in TIME.findall(reply.body)]
                got = {"rows": len(times), "rows of another station": len(set(times).difference(own))}
                assert got == {"rows": len(own), "rows of another station": 0}, told(
                    (
                        got["rows of another station"] > 0,
                        "Two downloads were under way at the same time, and rows of one came out of the other. What do they share?",
                    ),
                    f"Two downloads were under way at the same time. This was in one of them ({form}).",
                )
    async with serving() as server:
        for form in FORMS:
            many = []
            for _ in range(MANY):
                many.append(archive.start(server, archive.station(4 * batch), form, holds=(1,)))
            for number, (_, taker) in enumerate(many, 1):
                await taker.stands(
                    f"Of `{form}`, {MANY} downloads were begun. Number {number} of them did not get its first row while the clients of "
                    "others took their time.",
                    SECONDS,
                )
            station = archive.station(batch)
            call, taker = archive.start(server, station, form)
            waits = f"{MANY} clients took their time, and meanwhile another download was not brought to its end."
            await within(call.ended(waits), waits, SECONDS)
            await archive.whole(call, taker, station, form)
            for call, taker in many:
                taker.gone = True
                taker.go.set()
            for call, _ in many:
                await call.ended("A client went away, and the app did not come to an end.")
    for leaves in (False, True):
        async with serving("2.3") as server:
            for form in FORMS:
                with rendezvous() as gate:
                    archive.gate = gate
                    call, taker = archive.start(server, archive.station(4 * batch), form)
                    await within(begun(gate, call), "The download neither fetched anything nor came to an end.")
                    if leaves:
                        taker.leave(call)
                    await settle()
                    gate.open()
                    await archive.over(call, taker, "The download did not come to an end.")
                    archive.gate = None
                cursor = archive.cursors[-1]
                got = Words(
                    ", ".join(f"`{name}` during `{other}`" for other, name in sorted(cursor.together)) or "none"
                )
                assert got == "none", told(
                    (
                        leaves,
                        "The client left while a `fetch` was under way in its thread. A thread cannot be stopped: who does not "
                        "wait for it any longer leaves it running, on a cursor that others believe to be free.",
                    ),
                    "These calls met at one and the same cursor, which is not made for that.",
                )


async def test_a_finished_download_closes_its_cursor(archive, serving):
    """A download opens one cursor and closes it by the time that the app has ended with the request. Nothing is fetched from it afterwards, and the next download has a cursor of its own."""
    async with serving() as server:
        for form in FORMS:
            station = archive.station(2 * archive.batch + 1)
            for _ in range(2):
                archive.cursors.clear()
                await archive.serves(server, station, form)
                got = {
                    "cursors opened": len(archive.cursors),
                    "left open": sum(not cursor.closed for cursor in archive.cursors),
                }
                assert got == exactly({"cursors opened": 1, "left open": 0}), told(
                    (
                        got["cursors opened"] > 1,
                        "One download, and so many cursors: each of them is one connection to the database.",
                    ),
                    (got["cursors opened"] == 0, "The second download of a station was answered without the archive."),
                    "The app has ended with the download, and its cursor is still open. A pool of them is soon empty.",
                )


# Where the client leaves: after some batches, with the first row, at the status line (0); and whether the server is an older one.
LEAVINGS = (
    ("in the middle", 3, False),
    ("with the first rows", 1, False),
    ("when it had seen nothing yet, at the status line", 0, False),
    ("in the middle", 3, True),
    ("with the first rows", 1, True),
)


async def test_a_client_that_leaves_closes_the_cursor(archive, serving, no_collector):
    """A client leaves at the status line, with the first piece, or later; the server lets `send` raise OSError, or reports `http.disconnect` from `receive`. When the app has ended, the cursor is closed, and nothing was fetched after the client had gone."""
    batch = archive.batch
    for where, batches, older in LEAVINGS:
        async with serving("2.3" if older else "2.4") as server:
            for form in FORMS:
                await archive.serves(server, archive.station(1), form)
                station = archive.station(8 * batch)
                archive.cursors.clear()
                rows = batches * batch if batches > 1 else batches
                taking = {"holds": (rows,)} if older else {"gone_at": rows}
                call, taker = archive.start(server, station, form, **taking)
                what = f"The client of `{form}` left {where}; " + (
                    "`receive` said `http.disconnect`, as older servers do."
                    if older
                    else "`send` raised OSError, as servers do today."
                )
                if older:
                    await taker.stands("The download neither sent anything nor came to an end.")
                    await settle()
                    taker.leave(call)
                    await settle()
                    taker.go.set()
                await archive.over(call, taker, f"{what} The app did not come to an end.")
                got = {
                    "cursor": "closed" if all(cursor.closed for cursor in archive.cursors) else "open",
                    "fetches since": sum(cursor.late for cursor in archive.cursors),
                }
                assert got == exactly({"cursor": "closed", "fetches since": 0}), told(
                    (
                        got["fetches since"] > 0,
                        f"{what} Rows were fetched afterwards, for nobody.",
                    ),
                    (
                        not rows,
                        f"{what} The app has ended with the request, and nobody has closed the cursor. A generator that was never "
                        "begun has no `finally` to be run, and a background task has no turn. Something has to close the cursor "
                        "that is left on every way out.",
                    ),
                    f"{what} The app has ended with the request, and nobody has closed the cursor. What stands behind a loop or a "
                    "`yield` is not reached in that case, a background task has no turn, and a generator that nobody goes on with "
                    "stands still where it is: its `finally` waits for the garbage collector. Something has to close the cursor "
                    "that is left on every way out.",
                )


async def test_a_failing_fetch_breaks_the_answer_off(archive, serving, no_collector):
    """If `fetch` raises, at the first batch or the third, the answer has no last message (`more_body` false), the exception reaches the server, and the cursor is closed."""
    for spec_version in ("2.4", "2.3"):
        async with serving(spec_version) as server:
            for form in FORMS:
                await archive.serves(server, archive.station(2), form)
                for batches in (0, 2):
                    archive.fails_beyond = batches * archive.batch
                    archive.cursors.clear()
                    call, taker = archive.start(server, archive.station(5 * archive.batch), form)
                    response = await archive.over(call, taker, "`fetch` raised, and the app did not come to an end.")
                    archive.fails_beyond = None
                    got = {
                        "answer": "looks complete" if response.is_whole else "broken off",
                        "exception": "reaches the server" if isinstance(response.raised, Exception) else "is lost",
                        "cursor": "closed" if all(cursor.closed for cursor in archive.cursors) else "open",
                    }
                    if response.status_code == 500:
                        # The status line was not out yet, so nobody takes this for a download.
                        got["answer"] = "broken off"
                    expected = {"answer": "broken off", "exception": "reaches the server", "cursor": "closed"}
                    what = f"The {'third' if batches else 'first'} batch for `{form}` was to be fetched, and `fetch` raised an exception. "
                    assert got == exactly(expected), what + told(
                        (
                            got["answer"] != "broken off",
                            "The answer got its last message all the same: the researcher has a short file and takes it for "
                            "the whole.",
                        ),
                        (
                            got["exception"] == "is lost",
                            "Nobody on the server's side learns of it: the app ended as if nothing had happened.",
                        ),
                        "The app has ended with the request, and the cursor is still open. What stands behind the loop, or in "
                        "a background task, is not reached if the loop ends in an exception.",
                    )
