"""Checks of q065: an access log, and what it says about answers that do not end as they should."""

import asyncio
import logging
import types

import pytest
from fastapi import HTTPException
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pytest_fastapi_kata.asgi import http_scope
from pytest_fastapi_kata.checks import Words, exactly, told
from pytest_fastapi_kata.rendezvous import settle, within

LOGGER = "carpark.access"
NAMES = ("method", "path", "status", "bytes")
MISSING = "(is missing)"
JSON = [("content-type", "application/json")]
CRASH = b"Internal Server Error"
LEVELS = ("INFO", "WARNING", "ERROR")
NOTHING = "Nothing was logged for this request."


class Journal(logging.Handler):
    """The operators' handler: it keeps what is logged, and looks at each message at once."""

    def __init__(self):
        super().__init__()
        self.records = []

    def emit(self, record):
        try:
            record.said = record.getMessage()
        except Exception as error:
            record.said = f"(the message cannot be made: {error})"
        self.records.append(record)


class Clock:
    """A clock that stands still until it is moved. Steps are sixteenths of a second, so that no digit is lost."""

    def __init__(self, rng):
        self.time = float(rng.randint(1000, 90_000))
        self.read = 0
        self.rng = rng

    def now(self):
        self.read += 1
        return self.time

    def move(self, odd=False):
        """Move on by some time and return it, in milliseconds: whole ones, or, if odd, with a half."""
        sixteenths = 2 * self.rng.randint(3, 90) + odd
        self.time += sixteenths / 16
        return sixteenths * 62.5


@pytest.fixture(autouse=True)
def clock(given, rng):
    """The clock, in place before the learner's app is imported."""
    clock = Clock(rng)
    given("clock", now=clock.now)
    return clock


@pytest.fixture(autouse=True)
def journal(monkeypatch):
    """What the operators have set up, before the learner's app is imported; it is left as it was."""
    # A message that cannot be made is noted here, and is no reason for other handlers to raise.
    monkeypatch.setattr(logging, "raiseExceptions", False)
    journal = Journal()
    loggers = logging.getLogger(LOGGER), logging.getLogger()
    before = [(one, one.level, list(one.handlers), list(one.filters), one.propagate, one.disabled) for one in loggers]
    operators = loggers[0]
    operators.setLevel(logging.DEBUG)
    operators.handlers[:], operators.filters[:], operators.propagate, operators.disabled = [journal], [], True, False
    yield journal
    for one, level, handlers, filters, propagate, disabled in before:
        one.setLevel(level)
        one.handlers[:], one.filters[:], one.propagate, one.disabled = handlers, filters, propagate, disabled


class Outside:
    """The learner's app, and between it and the server somebody who looks at each message before it is taken."""

    def __init__(self, app, journal):
        self.app, self.router, self.journal = app, app.router, journal
        self.before = None

    async def __call__(self, scope, receive, send):
        async def take(message):
            if self.before is not None:
                await self.before(message)
            await send(message)

        await self.app(scope, receive, take)


@pytest.fixture
def outside(app, journal):
    """The learner's app as the server calls it."""
    return Outside(app, journal)


class Answer:
    """What came of a request, when the app has ended."""

    def __init__(self, call):
        start = next((one for one in call.sent if one["type"] == "http.response.start"), {})
        self.status_code = start.get("status")
        self.headers = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in start.get("headers", ())]
        self.pieces = [bytes(one.get("body", b"")) for one in call.sent if one["type"] == "http.response.body"]
        self.size = sum(map(len, self.pieces))
        self.raised = call.raised


async def came_of(call, journal):
    """Wait until the app is through with a request, and the log with its record."""
    await call.ended()
    for _ in range(5):
        await asyncio.sleep(0)
    if journal.records == []:
        await settle()
    return Answer(call)


async def ask(server, method, target, **options):
    return await came_of(server.start(method, target, **options), server.app.journal)


def entry(record):
    """What a record says of a request."""
    return {name: getattr(record, name, MISSING) for name in NAMES}


def the_record(journal, story=""):
    """The only record there is; it is taken out of the journal."""
    records, journal.records[:] = list(journal.records), []
    said = [Words(f"{record.levelname}: {record.said!r}") for record in records]
    assert len(records) == 1, told(
        (records == [], f"{story} {NOTHING}".strip()),
        f"{story} {len(records)} records were written for one request: {', '.join(said)}.".strip(),
    )
    return records[0]


def entered(journal, answer, method, path, story=""):
    """The record of an answer that was sent whole, which says what there is to say."""
    record = the_record(journal, story)
    got = entry(record)
    expected = {"method": method, "path": path, "status": answer.status_code, "bytes": answer.size}
    assert got == exactly(expected), told(
        (
            MISSING in got.values(),
            f"{story} These are the attributes of the record. What is given as `extra` becomes attributes.".strip(),
        ),
        f"{story} These are the attributes of the record.".strip(),
    )
    return record


def letters(rng):
    """A path segment that is written alike by everybody, with a blank in it."""
    return f"{rng.name()}%20{rng.digits(3)}"


def plain(segment):
    return segment.replace("%20", " ")


async def test_one_record_for_each_request(outside, module, asgi, journal, rng):
    """Each HTTP request, whatever became of it, gives one record on the logger `carpark.access`, with `method`, `path`, `status` and `bytes`: what was asked, and what was answered."""
    plate, other = letters(rng), letters(rng)
    module.parked[plain(plate)] = rng.randint(1, 900)
    body = "x" * rng.randint(10, 3000)
    colleague = f"/{rng.word()}"
    outside.app.add_api_route(colleague, lambda: Response(body, 202), methods=["POST"])
    async with asgi(outside) as server:
        for method, path, options, status in (
            ("GET", f"/stays/{plate}", {}, 200),
            ("GET", f"/stays/{other}", {}, 404),
            ("GET", f"/{rng.word()}/{plate}", {}, 404),
            ("DELETE", f"/stays/{plate}", {}, 405),
            ("PUT", f"/stays/{other}", {"json": {"levels": rng.randint(1, 12)}}, 200),
            ("PUT", f"/stays/{other}", {"json": [rng.word()]}, 422),
            ("POST", colleague, {}, 202),
            ("GET", "/export", {}, 200),
            ("GET", "/openapi.json", {}, 200),
        ):
            answer = await ask(server, method, path, **options)
            assert answer.status_code == status
            entered(journal, answer, method, path)


async def test_levels_follow_the_status(outside, asgi, journal, rng):
    """The level is INFO below 400, WARNING from 400 to 499, ERROR from 500. What the operators have set up for the logger stays as it was, and a level of theirs keeps records out."""
    path = f"/{rng.word()}/{{status}}"
    outside.app.add_api_route(path, lambda status: Response(status_code=int(status)))
    async with asgi(outside) as server:
        for status in (*rng.sample(range(201, 399), 2), *rng.sample(range(501, 599), 2), 200, 399, 400, 499, 500, 599):
            target = path.replace("{status}", str(status))
            answer = await ask(server, "GET", target)
            record = entered(journal, answer, "GET", target)
            level = LEVELS[max(0, min(status // 100 - 3, 2))]
            assert record.levelname == level, f"This is the level of the record. The status was {status}."
        logger = logging.getLogger(LOGGER)
        setup = {
            "level": logging.getLevelName(logger.level),
            "handlers": [one for one in logger.handlers if not isinstance(one, logging.NullHandler)],
            "propagate": logger.propagate,
            "disabled": logger.disabled,
        }
        expected = {"level": "DEBUG", "handlers": [journal], "propagate": True, "disabled": False}
        assert setup == expected, (
            "The operators had set up the logger before your app was imported, and this is what it looks like now. All of that is "
            "theirs to decide."
        )
        logger.setLevel(logging.WARNING)
        await ask(server, "GET", path.replace("{status}", "200"))
        said = [record.said for record in journal.records]
        assert said == [], (
            "The operators have set the logger's level to WARNING. An INFO record was written all the same."
        )


async def test_a_crash_is_logged_and_goes_on(outside, asgi, journal, rng):
    """If an exception escapes, the client gets the 500, the exception reaches the server, and there is one record with status 500 and the level ERROR. An `HTTPException`, be it a 500, is an answer like others."""
    crash, status = LookupError(rng.title()), 503
    path, on_purpose = f"/{rng.word()}", f"/{rng.word(4)}"

    def crashes():
        raise crash

    def refuses():
        raise HTTPException(status, rng.title())

    late = f"/{rng.word(5)}"
    outside.app.add_api_route(path, crashes)
    outside.app.add_api_route(on_purpose, refuses)
    outside.app.add_api_route(late, lambda: Response(status_code=202, background=BackgroundTask(crashes)))
    stay = f"/stays/{letters(rng)}"
    async with asgi(outside) as server:
        for method, target, options in (("PUT", stay, {"json": {"levels": 0}}), ("GET", path, {})):
            answer = await ask(server, method, target, **options)
            raised = type(answer.raised).__name__ if answer.raised else "nothing"
            assert raised == ("LookupError" if target == path else "ZeroDivisionError"), told(
                (
                    answer.raised is None,
                    "The exception has not reached the server. Somebody has dealt with it on its way, and that is not up to a log.",
                ),
                "This is the exception that reached the server.",
            )
            assert answer.status_code == 500, "This is what the client got."
            story = f"`{method} {target}` ended in an exception, and the client got a 500."
            record = the_record(journal, story)
            got = entry(record)
            expected = {"method": method, "path": target, "status": 500}
            assert {name: got[name] for name in expected} == exactly(expected), (
                f"{story} These are attributes of the record."
            )
            # The body of this 500 is made outside of all middlewares.
            assert got["bytes"] in (0, len(CRASH)), f"{story} These are the `bytes` of its record."
            assert record.levelname == "ERROR", f"{story} This is the level of its record."
        answer = await ask(server, "GET", late)
        assert answer.status_code == 202, "The answer was made and sent, and only then did its background task fail."
        the_record(journal, f"`GET {late}` was answered with 202, and then its background task ended in an exception.")
        answer = await ask(server, "GET", on_purpose)
        assert answer.status_code == status
        assert answer.raised is None, (
            "A colleague's route raised an `HTTPException`, which is an answer. It reached the server."
        )
        record = entered(journal, answer, "GET", on_purpose)
        assert record.levelname == "ERROR", (
            f"A colleague's route answers with {status}. This is the level of its record."
        )


async def test_duration_covers_the_whole_answer(outside, asgi, journal, clock, rng):
    """`duration_ms` is the time from the first moment to the last one, in milliseconds: a slow upload, the making of each piece and a slow client's taking of it count. The clock is read twice. The record is not written before the last piece was taken."""
    path, upload = f"/{rng.word()}", f"/{rng.word(4)}"
    pieces = rng.words(4, 9)
    spent, early = [], []

    async def made():
        for piece in pieces:
            spent.append(clock.move())
            yield piece

    def stream():
        spent.append(clock.move(odd=True))
        return StreamingResponse(made(), media_type="text/plain")

    async def take(request: Request):
        return Response(await request.body())

    def chunks():
        for piece in pieces:
            spent.append(clock.move(odd=piece == pieces[0]))
            yield piece.encode()

    async def slowly(message):
        early.extend(record.said for record in journal.records)
        if message["type"] == "http.response.body":
            spent.append(clock.move())

    outside.app.add_api_route(path, stream)
    outside.app.add_api_route(upload, take, methods=["POST"])
    outside.before = slowly
    async with asgi(outside) as server:
        for method, target, options in (("GET", path, {}), ("POST", upload, {"body": chunks()})):
            clock.read = 0
            spent.clear()
            answer = await ask(server, method, target, **options)
            reads = clock.read
            assert answer.status_code == 200
            assert early == [], (
                "These were logged when the last piece had not yet been taken by the server. Until then, the answer is not over."
            )
            record = entered(journal, answer, method, target)
            got, total, reads = getattr(record, "duration_ms", MISSING), sum(spent), clock.read
            short = isinstance(got, int | float) and 0 < got < total
            of_all = f"{got} of {total} ms" if short else ""
            assert got == total, told(
                (got == MISSING, "The record has no `duration_ms`."),
                (isinstance(got, str), "`duration_ms` is a text. It is to be a number."),
                (
                    reads == 0,
                    "`clock.now()` was not read during this request, and it is the only clock that counts here.",
                ),
                (got == total / 1000, "These are seconds. `duration_ms` says how many milliseconds."),
                (
                    isinstance(got, int | float) and abs(got - total) < 1,
                    f"{total} ms have passed. `duration_ms` is 1000 times the difference of the readings, and not only the whole ones of it.",
                ),
                (
                    got == spent[0] and method == "GET",
                    f"`duration_ms` ends where the answer begins: {of_all}. What is awaited there comes back with the status and the "
                    "headers. All pieces were made, sent and taken after that.",
                ),
                (
                    short and method == "GET",
                    f"{of_all}: the end was read before the last piece was taken, or the beginning was read late.",
                ),
                (
                    short,
                    f"{of_all}: the client sent its body slowly, and somebody was waiting for that before the beginning was read, or the "
                    "end was read before the answer was taken.",
                ),
                f"`clock.now()` moved on by {total / 1000:g} seconds during this request. This is `duration_ms`.",
            )
            assert reads == 2, f"`duration_ms` is right, but `clock.now()` was read {reads} times for one request."


async def test_pieces_are_passed_on_as_they_come(outside, asgi, journal, rng):
    """Pieces of a stream go out as they are made, unchanged, with the status and the headers that the app gave them, and at the end there is one record."""
    path, name = f"/{rng.word()}", f"x-{rng.word()}"
    pieces, made = rng.words(8, 7), []
    headers = [(name, rng.word()), ("set-cookie", f"a={rng.word()}"), ("set-cookie", f"b={rng.word()}")]
    status = 206
    stopped, go = asyncio.Event(), asyncio.Event()

    async def makes():
        for piece in pieces:
            made.append(piece)
            yield piece

    def stream():
        response = StreamingResponse(makes(), status, media_type="text/plain")
        for key, value in headers:
            response.headers.append(key, value)
        return response

    async def hold(message):
        if message.get("body") and not stopped.is_set():
            stopped.set()
            await go.wait()

    outside.app.add_api_route(path, stream)
    outside.before = hold
    async with asgi(outside) as server:
        call = server.start("GET", path)
        ended = asyncio.ensure_future(call.ended())
        waits = asyncio.ensure_future(stopped.wait())
        await within(asyncio.wait({ended, waits}, return_when=asyncio.FIRST_COMPLETED), "The stream sent no piece.")
        await settle()
        ahead = len(made)
        go.set()
        waits.cancel()
        answer = await came_of(call, journal)
        await ended
    assert answer.status_code == status
    assert ahead in (1, 2), (
        f"The server had not yet taken the first of {len(pieces)} pieces, and so many were made already. Somebody gathers them before "
        "they are sent."
    )
    got = [piece.decode() for piece in answer.pieces if piece]
    assert got == pieces, "These pieces went out."
    expected = sorted([*headers, ("content-type", "text/plain; charset=utf-8")])
    assert sorted(answer.headers) == expected, (
        "These are the headers of the answer. A log looks on, and changes nothing."
    )
    entered(journal, answer, "GET", path)


async def test_overlapping_requests_keep_their_numbers(outside, asgi, journal, clock, rendezvous, rng):
    """Two requests are under way at the same time. The record of each has its own path, status, bytes and duration."""
    names = rng.words(2)
    gates = {name: rendezvous() for name in names}
    statuses = dict(zip(names, (201, 202), strict=True))
    sizes = dict(zip(names, rng.numbers(2, 10, 2000), strict=True))

    async def waits(name):
        await gates[name].passed()
        return Response("x" * sizes[name], statuses[name])

    path = f"/{rng.word()}/{{name}}"
    outside.app.add_api_route(path, waits)
    first, second = names
    async with asgi(outside) as server:
        calls, times = {}, {}
        for name in names:
            times[name] = 0
            calls[name] = server.start("GET", path.replace("{name}", name))
            await gates[name].meets(1, f"`GET {path.replace('{name}', name)}` did not get as far as the app's route.")
            passed = clock.move()
            times = {known: time + passed for known, time in times.items()}
        for name in (first, second):
            gates[name].open()
            answer = await came_of(calls[name], journal)
            record = entered(journal, answer, "GET", path.replace("{name}", name))
            got = getattr(record, "duration_ms", MISSING)
            assert got == times[name], told(
                (got == MISSING, "The record has no `duration_ms`."),
                (clock.read == 0, "`clock.now()` was not read meanwhile, and it is the only clock that counts here."),
                (got == times[name] / 1000, "These are seconds. `duration_ms` says how many milliseconds."),
                (
                    name == first,
                    f"Another request came in while this one was under way. This is the `duration_ms` of the first; it took {times[name]} "
                    "ms. Where is its beginning kept, and who else writes there?",
                ),
                f"This request was under way together with another, which ended first. This is its `duration_ms`; it took {times[name]} ms.",
            )
            passed = clock.move()
            times = {known: time + passed for known, time in times.items()}


async def test_a_client_that_leaves_is_logged_once(outside, asgi, journal, rng):
    """If the client goes away in the middle of an answer, there is one record, with the status that was sent and the bytes that were taken. That holds for servers that let `send` fail, and for older ones that report `http.disconnect`."""
    path, level = f"/{rng.word()}", letters(rng)
    pieces = [word * rng.randint(1, 20) for word in rng.words(6)]
    asked, never = asyncio.Event(), asyncio.Event()

    async def makes():
        for number, piece in enumerate(pieces):
            if number == 2:
                asked.set()
                if older:
                    await never.wait()
            yield piece

    outside.app.add_api_route(path, lambda: StreamingResponse(makes(), 203))
    for older in (False, True):
        asked.clear()
        async with asgi(outside, "2.3" if older else "2.4") as server:
            # The status line and two pieces are taken.
            call = server.start("GET", path, fail_at=None if older else 4)
            await within(asked.wait(), "The stream got no further than its first two pieces.")
            if older:
                await settle()
                call.leave()
            answer = await came_of(call, journal)
        how = "`receive` reported `http.disconnect`" if older else "`send` raised OSError for the third piece"
        left(journal, path, 203, sum(map(len, pieces[:2])), f"The client went away after two pieces: {how}.")
    async with asgi(outside) as server:
        answer = await ask(server, "GET", f"/stays/{level}", fail_at=2)
        assert answer.status_code == 404, "This is the status that was sent before the client went away."
    left(journal, f"/stays/{level}", 404, 0, "The client went away after the status line: `send` raised OSError.")


def left(journal, path, status, size, story):
    got = entry(the_record(journal, story))
    expected = {"method": "GET", "path": path, "status": status, "bytes": size}
    assert got == exactly(expected), told(
        (
            got == {**expected, "bytes": got["bytes"]} and isinstance(got["bytes"], int) and got["bytes"] > size,
            f"{story} {size} bytes were taken by the server. A piece is taken when `send` has come back.",
        ),
        f"{story} These are the attributes of the record.",
    )


async def test_a_broken_stream_is_an_error(outside, asgi, journal, rng):
    """If an exception comes after the answer began, the record has the status that was sent, the bytes that went out, and the level ERROR. The exception reaches the server."""
    path, status = f"/{rng.word()}", 203
    pieces, crash = rng.words(2, 9), LookupError(rng.title())

    async def makes():
        for piece in pieces:
            yield piece
        raise crash

    outside.app.add_api_route(path, lambda: StreamingResponse(makes(), status))
    async with asgi(outside) as server:
        answer = await ask(server, "GET", path)
    assert answer.status_code == status
    raised = type(answer.raised).__name__ if answer.raised else "nothing"
    story = "The stream broke off with an exception after two pieces."
    assert raised == "LookupError", f"{story} This is what reached the server."
    record = entered(journal, answer, "GET", path, story)
    assert record.levelname == "ERROR", f"{story} This is the level of its record."


def texts(value, depth=5, seen=None):
    """All texts that can be found in a value, with the attributes of its parts."""
    seen = set() if seen is None else seen
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes | bytearray):
        yield bytes(value).decode("latin-1")
    if (
        isinstance(value, str | bytes | int | float | type | types.ModuleType | types.TracebackType)
        or id(value) in seen
    ):
        return
    if depth == 0 or len(seen) > 3000:
        return
    seen.add(id(value))
    if isinstance(value, BaseException):
        yield str(value)
    parts = []
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    elif not isinstance(value, types.FunctionType | types.MethodType | logging.Logger):
        parts = [getattr(value, "__dict__", {})]
        yield repr(value)
    for part in parts:
        yield from texts(part, depth - 1, seen)


def where_found(record, words):
    """Where in a record the words stand, and which."""
    return [
        f"“{word}” in {'the message' if name == 'said' else f'`{name}`'}"
        for name, value in vars(record).items()
        if name not in ("message", "exc_text")  # what a handler has made of others, which stand there, too
        for word in words
        if any(word in text for text in texts(value))
    ]


async def test_nothing_secret_is_written(outside, module, asgi, journal, rng):
    """No record holds anything of the query string, of a request's headers or of a body, be it the request's or the answer's, neither in its message nor in any attribute. Not even if the request ends in an exception that quotes all of it."""
    plate, other = letters(rng), letters(rng)
    module.parked[plain(plate)] = rng.randint(1, 900)
    words = rng.words(8, 7)
    key, query, token, cookie, own, agent, body, answered = words
    headers = [
        ("authorization", f"Bearer {token}"),
        ("cookie", f"session={cookie}"),
        (f"x-{rng.word()}", own),
        ("user-agent", agent),
    ]
    path = f"/{rng.word()}"

    async def quotes(request: Request):
        sent = await request.body()
        raise LookupError(f"{sent.decode()} {request.headers!r} {request.url}")

    outside.app.add_api_route(path, quotes, methods=["POST"])
    outside.app.add_api_route(path, lambda: Response(answered))
    async with asgi(outside) as server:
        for method, target, options, status in (
            ("GET", path, {}, 200),
            ("GET", f"/stays/{plate}", {}, 200),
            ("GET", f"/stays/{other}", {}, 404),
            ("PUT", f"/stays/{other}", {"json": {body: body}}, 422),
            ("PUT", f"/stays/{other}", {"json": {body: 3}}, 500),
            ("POST", path, {"json": {body: body}}, 500),
        ):
            answer = await ask(server, method, f"{target}?{key}=1&ticket={query}", headers=headers, **options)
            assert answer.status_code == status
            story = f"The request was answered with {status}."
            record = the_record(journal, story)
            got = where_found(record, words)
            assert got == [], told(
                (
                    status == 500,
                    f"{story} Its record holds words of the query, the headers or a body. The text of an exception, and so a traceback, "
                    "may quote any of it.",
                ),
                (
                    any("in the message" in one for one in got),
                    f"{story} Words of the query, the headers or a body stand in its message, for everybody to read.",
                ),
                f"{story} The message is clean. But look at the attributes of the record, and at what came with the request or the answer.",
            )


async def test_a_url_cannot_forge_a_line(outside, module, asgi, journal, rng):
    """`path` is percent-encoded ASCII, as it came over the wire, and the message is one line, whatever is in the URL."""
    for inside in (
        "%0D%0AINFO%20",
        "%0A",
        "%E2%80%A8",
        "%C3%9C",
        "%C2%85%20",
        "%1B",
        "%22%7B%7D",
        "%3F",
        "%c3%9c",
        "%7E",
    ):
        plate, level = f"{rng.name()}{inside}{rng.word()}", rng.randint(1, 900)
        path = f"/stays/{plate}"
        decoded = http_scope("GET", path)["path"]
        for here in (True, False):
            module.parked.clear()
            if here:
                module.parked[decoded.removeprefix("/stays/")] = level
            async with asgi(outside) as server:
                answer = await ask(server, "GET", path)
            assert answer.status_code == (200 if here else 404)
            record = the_record(journal)
            got = getattr(record, "path", MISSING)
            assert got == path, told(
                (got == MISSING, "The record has no `path`."),
                (
                    isinstance(got, str) and (not got.isascii() or "%" not in got),
                    "This is `path`, and it is decoded. What was harmless in the URL can be anything now, even the end of a line.",
                ),
                "This is `path`. It was to be what came over the wire.",
            )
            lines = record.said.splitlines()
            assert len(lines) in (0, 1), told(
                (
                    decoded in record.said,
                    f"The message has {len(lines)} lines, and not all of them are yours: {lines!r}. Whoever made up the URL has written "
                    "the end of one and the beginning of the next.",
                ),
                f"The message has {len(lines)} lines, and it is to be one: {lines!r}",
            )
            assert not record.said.startswith("(the message cannot be made"), (
                "The message and its arguments do not fit together: a `%` of the path was taken for a placeholder."
            )


async def test_health_is_logged_only_when_it_fails(outside, module, asgi, journal, monkeypatch, rng):
    """`/health` is logged if its status is 400 or higher, as are all requests to other paths that merely look like it. A `/health` that is fine is not logged."""
    report = f"/health-{rng.word()}"

    def fine():
        return {}

    outside.app.add_api_route(report, fine)
    outside.app.add_api_route(f"/{rng.word()}/health", fine)
    module.parked["health"] = rng.randint(1, 900)
    async with asgi(outside) as server:

        async def logs(method, target, status, level):
            answer = await ask(server, method, target)
            assert answer.status_code == status
            story = f"`{method} {target}` was answered with {status}."
            record = entered(journal, answer, method, target, story)
            assert record.levelname == level, f"{story} This is the level of its record."

        async def is_fine():
            target = rng.choice(("/health", f"/health?{rng.word()}={rng.word()}"))
            answer = await ask(server, "GET", target)
            assert answer.status_code == 200
            said = [record.said for record in journal.records]
            assert said == [], "`/health` was fine, and is not to be logged then."

        await logs("GET", "/stays/health", 200, "INFO")
        await is_fine()
        for method, target, status, level in (
            ("GET", report, 200, "INFO"),
            ("GET", "/health/", 307, "INFO"),
            ("GET", f"/health/{rng.word()}", 404, "WARNING"),
            ("POST", "/health", 405, "WARNING"),
        ):
            await logs(method, target, status, level)
        await is_fine()
        monkeypatch.setattr(module, "healthy", False)
        await logs("GET", "/health", 503, "ERROR")
        monkeypatch.delattr(module, "healthy")
        answer = await ask(server, "GET", "/health")
        assert answer.status_code == 500, "`/health` crashes."
        record = the_record(journal, "`/health` has crashed, and the client got a 500.")
        assert record.levelname == "ERROR", "`/health` has crashed. This is the level of its record."
        monkeypatch.setattr(module, "healthy", True, raising=False)
        await is_fine()


class Life:
    """An app's lifespan, run as a server does: through the app itself, with all that stands around it."""

    def __init__(self, app):
        self.sent = []
        self._step, self._over = asyncio.Event(), asyncio.Event()
        self._received = 0
        self._task = asyncio.ensure_future(self._run(app))

    async def _run(self, app):
        try:
            await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, self._receive, self._send)
        except Exception as error:
            self.sent.append({"type": f"an exception, {type(error).__name__}"})
        finally:
            self._step.set()

    async def _receive(self):
        self._received += 1
        if self._received > 1:
            await self._over.wait()
        return {"type": "lifespan.startup" if self._received == 1 else "lifespan.shutdown"}

    async def _send(self, message):
        self.sent.append(message)
        self._step.set()

    async def begun(self):
        await within(self._step.wait(), "The app's lifespan did not begin.")
        return [message["type"] for message in self.sent]

    async def ended(self):
        self._over.set()
        await within(self._task, "The app's lifespan did not end.")
        return [message["type"] for message in self.sent]


async def test_web_sockets_are_left_alone(outside, module, asgi, journal, rng):
    """WebSockets and the lifespan pass as if there were no log, and are not logged. An HTTP request meanwhile gives the only record."""
    plate = letters(rng)
    module.parked[plain(plate)] = rng.randint(1, 900)
    life = Life(outside.app)
    got = await life.begun()
    assert got == ["lifespan.startup.complete"], "This is what became of the app's lifespan when it was to start up."
    async with asgi(outside) as server:
        for _ in range(2):
            socket = server.websocket("/barrier")
            await socket.accepted()
            said = await socket.next_message()
            assert said == "open", "This is what the barrier said on its WebSocket."
            code = await socket.closed()
            assert code == 1000, "This is the code with which the barrier closed its WebSocket."
            await socket.ended()
            assert socket.raised is None, "This is what the app raised for the WebSocket."
        answer = await ask(server, "GET", f"/stays/{plate}")
        assert answer.status_code == 200
    got = await life.ended()
    assert got == ["lifespan.startup.complete", "lifespan.shutdown.complete"], (
        "This is what became of the app's lifespan."
    )
    await settle()
    entered(
        journal, answer, "GET", f"/stays/{plate}", "Two WebSockets and a lifespan came and went, and one HTTP request."
    )
