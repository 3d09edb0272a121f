"""Checks of q009: a front door in bare ASGI."""

import asyncio
import inspect
import json
from collections.abc import MutableMapping
from contextvars import ContextVar
from copy import deepcopy

import pytest
from starlette.responses import PlainTextResponse

from pytest_fastapi_kata.checks import exactly, told

NUMBER = "x-request-number"

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
BODY = {"type": "http.response.body", "body": b"<p>inner</p>", "more_body": False}
REQUEST = {"type": "http.request", "body": b"", "more_body": False}

AS_BYTES = "One floor below FastAPI, a header's name and its value are bytes. A server cannot send text."


class Jammed(Exception):
    """What an app of the checks raises."""


@pytest.fixture
def turnstile(given):
    """The kit's own copy of the site."""
    return given("turnstile")


@pytest.fixture
def front_door(turnstile, module):
    """`front_door(inner)` puts the learner's door before an app."""
    make = getattr(module, "FrontDoor", None)
    assert callable(make), "`app.py` has no `FrontDoor`."

    def put_before(inner):
        door = make(inner)
        assert callable(door), "`FrontDoor(inner)` gives something that cannot be called, and so no ASGI application."

        async def guarded(scope, receive, send):
            answer = door(scope, receive, send)
            assert inspect.isawaitable(answer), (
                "The door, called with `scope`, `receive` and `send`, gives nothing to wait for. Is it an `async def`?"
            )
            try:
                await answer
            except NotImplementedError:
                raise AssertionError("`FrontDoor` still raises NotImplementedError.") from None

        return guarded

    return put_before


def http(path, method="GET"):
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.5"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"stadium.example")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
    }


def websocket(path):
    scope = {**http(path), "type": "websocket", "scheme": "ws", "subprotocols": []}
    del scope["method"]
    return scope


async def talk(app, scope, *messages):
    """Call an app as a server does, with these messages to receive, and return what it sent."""
    waiting, sent = list(messages), []

    async def receive():
        return waiting.pop(0) if waiting else {"type": f"{scope['type']}.disconnect"}

    async def send(message):
        assert isinstance(message, MutableMapping), f"A message is a dict, and {message!r} was sent."
        sent.append(dict(message))

    await app(scope, receive, send)
    return sent


def replying(*messages, got=None):
    """Return an app that receives once, notes that in `got`, and sends a copy of these messages."""

    async def inner(scope, receive, send):
        message = await receive()
        if got is not None:
            got.append((scope["path"], message))
        for one in deepcopy(messages or (START, BODY)):
            await send(one)

    return inner


def is_start(message):
    return message.get("type") == "http.response.start"


def pairs(message):
    """Return the headers of a start message."""
    headers = message.get("headers", [])
    try:
        return [(name, value) for name, value in headers]
    except (TypeError, ValueError):
        raise AssertionError(f"`headers` has to be a list of pairs, name and value. It is: {headers!r}") from None


def as_text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def has_text(headers):
    """Say whether some name or value is not bytes."""
    return any(not isinstance(part, bytes) for pair in headers for part in pair)


def numbers(messages):
    """Return the numbers in an answer as text, be they bytes or not."""
    starts = [message for message in messages if is_start(message)]
    return [as_text(value) for start in starts for name, value in pairs(start) if as_text(name).lower() == NUMBER]


def unnumbered(messages):
    """Return an answer without the header of the number."""
    return [
        {**one, "headers": [pair for pair in pairs(one) if as_text(pair[0]).lower() != NUMBER]}
        if is_start(one)
        else one
        for one in messages
    ]


async def until(condition):
    """Let the other tasks go on until this holds; give up after many turns."""
    for _ in range(500):
        if condition():
            return True
        await asyncio.sleep(0)
    return False


async def test_passed_requests_are_numbered_from_one(front_door, rng):
    """The answers to requests that a door passes on carry `x-request-number`: 1, 2, 3 and so on, for every door on its own, name and value as bytes."""
    asked_with = []

    async def inner(scope, receive, send):
        asked_with.extend(as_text(name).lower() for name, _ in scope["headers"])
        await replying()(scope, receive, send)

    for count in (4, 2):
        door = front_door(inner)
        for number in range(1, count + 1):
            sent = await talk(door, http(f"/gates/{rng.word()}"), REQUEST)
            got = [pair for message in sent if is_start(message) for pair in pairs(message)]
            got = [pair for pair in got if as_text(pair[0]).lower() == NUMBER]
            assert got == [(b"x-request-number", str(number).encode())], told(
                (
                    got == [] and NUMBER in asked_with,
                    "The number is among the headers in `scope`. Those belong to the request; the answer has none.",
                ),
                (got == [], "The answer's start carries no `x-request-number`."),
                (has_text(got), AS_BYTES),
                (len(got) > 1, "The header was added more than once."),
                (
                    [name for name, _ in got] != [b"x-request-number"],
                    "In ASGI, the names of headers are written in small letters.",
                ),
                (count == 2, "This is a second door, and it counts for itself. Who else shares its counter?"),
                f"This was request number {number} through this door.",
            )


async def test_every_other_byte_of_the_answer_is_untouched(front_door, rng):
    """Apart from one number, `inner` receives and the server gets every message as it was: status, all headers in their order, every body chunk, every key. That holds as well for an `inner` that sends the same list of headers with each answer."""
    answer = [
        {
            "type": "http.response.start",
            "status": rng.choice([201, 207, 299, 404, 418, 503]),
            "headers": [
                (b"set-cookie", b"seat=" + rng.word().encode()),
                (b"x-kiosk", b"caf\xe9 " + rng.word().encode()),
                (b"content-type", b"text/csv"),
                (b"set-cookie", b"row=" + rng.word().encode()),
            ],
            "trailers": True,
        },
        *(
            {"type": "http.response.body", "body": rng.word().encode() + b"\xff\x00", "more_body": more}
            for more in (True, True, True, False)
        ),
        {"type": "http.response.trailers", "headers": [(b"x-sum", rng.digits(6).encode())], "more_trailers": False},
    ]
    upload = [
        {"type": "http.request", "body": rng.word().encode(), "more_body": True},
        {"type": "http.request", "body": b"\x00" + rng.word().encode(), "more_body": False},
        {"type": "http.disconnect"},
    ]
    got = []

    async def inner(scope, receive, send):
        for _ in upload:
            got.append(await receive())
        for message in deepcopy(answer):
            await send(message)

    sent = await talk(front_door(inner), http("/upload", "POST"), *deepcopy(upload))
    came, whole = unnumbered(sent), answer[0]["headers"]
    start = came[0] if came and is_start(came[0]) else {}
    headers = start.get("headers", [])
    assert came == answer, told(
        (
            len([message for message in sent if is_start(message)]) != 1,
            "`inner` sends one start message, and another number of them came out.",
        ),
        (
            len(came) != len(answer) or came[1:] != answer[1:],
            "What `inner` sends has to come out message for message, with all keys, also of types that you do not know.",
        ),
        (
            len(headers) < len(whole),
            "A header got lost. Headers are a list of pairs, not a dict: a name may come twice, as with two cookies.",
        ),
        (
            headers != whole and sorted(map(str, headers)) == sorted(map(str, whole)),
            "All headers are there, in another order.",
        ),
        "The start message is not as `inner` sent it. Apart from the number, nothing in it changes.",
    )
    assert got == upload, "What the server gives to `receive` has to reach `inner` as it is."
    assert numbers(sent) == ["1"]
    # An object of Starlette's is an ASGI app, too. This one keeps its headers, and sends that list each time.
    door = front_door(PlainTextResponse(rng.word()))
    for _ in range(3):
        got = numbers(await talk(door, http("/again"), REQUEST))
        assert len(got) == 1, told(
            (
                len(got) > 1,
                f"So many numbers are in one answer: {', '.join(got)}. This `inner` sends the same list of headers each time, "
                "and what an earlier request wrote into that list is still there.",
            ),
            "This answer has no number.",
        )


async def test_a_start_without_headers_is_fine(front_door, rng):
    """A start message may come without `headers`; it gets the number all the same."""
    start = {"type": "http.response.start", "status": rng.choice([204, 304])}
    body = {"type": "http.response.body"}
    sent = await talk(front_door(replying(start, body)), http(f"/gates/{rng.word()}"), REQUEST)
    assert numbers(sent) == ["1"]
    assert unnumbered(sent) == [{**start, "headers": []}, body]


async def test_healthz_never_reaches_the_app(front_door, rng):
    """The door itself answers HTTP at exactly `/healthz`, whatever the method: 200, `text/plain`, `ok`, without a number and without counting it."""
    got = []
    door = front_door(replying(got=got))
    methods = ("GET", "POST", rng.choice(["PUT", "PATCH", "DELETE", "OPTIONS"]))
    for method in methods:
        sent = await talk(door, http("/healthz", method), REQUEST)
        assert got == [], f"`{method} /healthz` went through to `inner`."
        kinds = [message.get("type") for message in sent]
        assert kinds[:1] == ["http.response.start"], "An answer begins with one message of this type."
        assert kinds[1:] == ["http.response.body"] * max(1, len(kinds) - 1), (
            "After the start, an answer is made of these."
        )
        bodies = [message.get("body", b"") for message in sent[1:]]
        are_bytes = all(isinstance(body, bytes) for body in bodies)
        assert are_bytes, f"The body of an answer is bytes. Here it is: {bodies!r}"
        assert (sent[0].get("status"), b"".join(bodies)) == (200, b"ok")
        more = [bool(message.get("more_body")) for message in sent[1:]]
        assert more == [True] * (len(more) - 1) + [False], (
            "This is what `more_body` says, message for message. In the last one it is false or missing, and only there."
        )
        assert not has_text(pairs(sent[0])), AS_BYTES
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in pairs(sent[0])}
        assert headers.get("content-type", "nothing").partition(";")[0].strip() == "text/plain", (
            "This is the `content-type` of the answer to a health check."
        )
        assert headers.get(NUMBER) is None, "A health check is answered at the door; it gets no number."
    others = ["/healthz/deep", "/healthz/", f"/healthz{rng.word(1)}"]
    for number, path in enumerate(others, start=1):
        sent = await talk(door, http(path), REQUEST)
        assert [where for where, _ in got] == others[:number], told(
            (path.endswith("/"), "With a slash at its end, this is another path. It goes to `inner`, like any other."),
            f"`{path}` is not `/healthz`, so it goes to `inner`.",
        )
        got_numbers = numbers(sent)
        assert got_numbers == [str(number)], told(
            (got_numbers == [], f"`{path}` is not `/healthz`, so its answer has a number."),
            f"Apart from {len(methods)} health checks, this was request number {number} through this door.",
        )


async def test_lifespan_reaches_the_app(front_door):
    """A call with the scope `lifespan` reaches `inner`, and its messages go both ways unchanged."""
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    answers = [{"type": "lifespan.startup.complete"}, {"type": "lifespan.shutdown.complete"}]
    got = []

    async def inner(scope, receive, send):
        got.append(scope["type"])
        for answer in answers:
            got.append(await receive())
            await send(dict(answer))

    sent = await talk(front_door(inner), {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, *messages)
    assert got == ["lifespan", *messages], told(
        (got == [], "`inner` was not called. A door that opens for `http` alone leaves the app without its start-up."),
    )
    assert sent == answers, "What `inner` answers to the start-up and the shutdown has to reach the server."


async def test_websockets_pass_unnumbered(front_door, rng):
    """WebSockets reach `inner` at any path, `/healthz` among them, with their messages unchanged, and they are not counted."""
    text = rng.word()
    connect = {"type": "websocket.connect"}
    accepted = [
        {"type": "websocket.accept", "subprotocol": None, "headers": [(b"x-row", rng.digits(2).encode())]},
        {"type": "websocket.send", "text": text},
        {"type": "websocket.close", "code": 1000, "reason": ""},
    ]
    denied = [
        {"type": "websocket.http.response.start", "status": 403, "headers": [(b"x-row", rng.digits(2).encode())]},
        {"type": "websocket.http.response.body", "body": text.encode(), "more_body": False},
    ]
    for path, answer in (("/live", accepted), ("/healthz", accepted), ("/live", denied)):
        got = []
        sent = await talk(front_door(replying(*answer, got=got)), websocket(path), connect)
        assert got == [(path, connect)], told(
            (got == [] and sent == [], f"A WebSocket to `{path}` did not reach `inner`."),
            (
                got == [],
                f"A WebSocket to `{path}` did not reach `inner`; the door answered it. HTTP messages in a WebSocket break "
                "the server: look at the scope's type before you look at its path.",
            ),
            f"`inner` was to be called once for a WebSocket to `{path}`, and to receive what the server had for it.",
        )
        assert sent == answer, "A WebSocket has messages of its own, and all of them pass unchanged."
    door = front_door(replying())
    await talk(door, websocket("/live"), connect)
    assert numbers(await talk(door, http("/live"), REQUEST)) == ["1"], (
        "One WebSocket and one HTTP request came to this door. Only the second is counted, and has a number."
    )


async def test_chunks_are_passed_on_as_they_come(front_door, rng):
    """Every chunk is passed on the moment it comes, in both directions: nothing is collected, and nothing is read ahead."""
    happened = []
    parts = [{"type": "http.request", "body": word.encode(), "more_body": True} for word in rng.words(2)]
    parts[-1]["more_body"] = False
    waiting = list(parts)

    async def receive():
        happened.append(f"the server hands over part {len(parts) - len(waiting) + 1}")
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message):
        happened.append(f"the server gets {message.get('body', 'the start')}")

    async def inner(scope, receive, send):
        happened.append("inner is called")
        for number, word in enumerate((b"echo 1", b"echo 2"), start=1):
            await receive()
            happened.append(f"inner has part {number}")
            if number == 1:
                await send(deepcopy(START))
                happened.append("inner has sent the start")
            await send({"type": "http.response.body", "body": word, "more_body": number == 1})
            happened.append(f"inner has sent {word}")

    await front_door(inner)(http("/upload", "POST"), receive, send)
    assert happened == [
        "inner is called",
        "the server hands over part 1",
        "inner has part 1",
        "the server gets the start",
        "inner has sent the start",
        f"the server gets {b'echo 1'}",
        f"inner has sent {b'echo 1'}",
        "the server hands over part 2",
        "inner has part 2",
        f"the server gets {b'echo 2'}",
        f"inner has sent {b'echo 2'}",
    ], told(
        (
            "the server gets the start" in happened
            and happened.index("the server gets the start") > happened.index(f"inner has sent {b'echo 2'}"),
            "The answer was collected, and sent only when `inner` had finished. A long download would fill the memory.",
        ),
        "In this order it happened. Each message has to go through the door at once: neither later nor, read ahead, earlier.",
    )


async def test_overlapping_requests_do_not_mix(front_door, rng):
    """Two requests that are inside at the same time keep their own answers, and the numbers in the order in which they arrived."""
    inside, finished = [], []
    first, second = (f"/gates/{word}" for word in rng.words(2))

    async def inner(scope, receive, send):
        path = scope["path"]
        inside.append(path)
        await until(lambda: len(inside) == 2)
        if path == first:
            # The first to arrive is the last to be answered.
            await until(lambda: finished)
        for message in (deepcopy(START), {"type": "http.response.body", "body": path.encode(), "more_body": False}):
            await asyncio.sleep(0)
            await send(message)
        finished.append(path)

    door = front_door(inner)
    tasks = [asyncio.ensure_future(talk(door, http(first), REQUEST))]
    await until(lambda: inside)
    tasks.append(asyncio.ensure_future(talk(door, http(second), REQUEST)))
    answers = await asyncio.gather(*tasks)
    assert inside == [first, second], "Both requests have to reach `inner`, in the order in which they arrived."
    assert finished == [second, first], (
        "The second request was let in only when the first had left. Nobody has to queue."
    )
    bodies = [b"".join(message.get("body", b"") for message in answer) for answer in answers]
    assert bodies == [first.encode(), second.encode()], "Each request has to get its own answer."
    got = [numbers(answer) for answer in answers]
    assert got == [["1"], ["2"]], told(
        (
            got == [["2"], ["1"]],
            "A request is numbered when it arrives. Here the number was given when the answer began, and the second answered first.",
        ),
        (
            got == [["2"], ["2"]],
            "While the first request was inside, the second one changed its number. What belongs to one request lives in "
            "local variables; `self` belongs to all of them.",
        ),
        "These are the numbers of the two requests, in the order in which they arrived.",
    )


async def test_app_runs_in_the_callers_task(front_door, rng):
    """`inner` runs in the very task that called the door, so a context variable it sets is seen by the caller afterwards; an exception that it raises reaches the caller, too."""
    seat = ContextVar("seat", default="nobody's")
    word, tasks = rng.word(), []

    async def inner(scope, receive, send):
        seat.set(word)
        tasks.append(asyncio.current_task())
        await replying()(scope, receive, send)

    await talk(front_door(inner), http(f"/gates/{rng.word()}"), REQUEST)
    assert len(tasks) == 1, "`inner` was not called."
    in_the_same_task = tasks[0] is asyncio.current_task()
    assert in_the_same_task, (
        "`inner` ran in another task. Starlette's `BaseHTTPMiddleware`, for one, starts a task of its own for the app."
    )
    assert seat.get() == word, "This is the context variable that `inner` has set, as the caller sees it."

    async def jammed(scope, receive, send):
        raise Jammed

    came = "no exception"
    try:
        await talk(front_door(jammed), http(f"/gates/{rng.word()}"), REQUEST)
    except Jammed as error:
        came = type(error).__name__
    assert came == "Jammed", (
        "`inner` raised an exception, and the caller does not see it. The server logs an error only if it hears of it."
    )


def test_whole_app_works_behind_the_door(turnstile, app, client_for, rng):
    """`app` is the site behind a front door: gates and 404s are numbered, `/healthz` is answered, `/live` works, and the power goes on and off."""
    gates = rng.words(2)
    word = rng.word()
    client = client_for(app, lifespan=False)
    with client:
        power = getattr(turnstile.site.state, "power", None)
        assert power == "on", "The site's lifespan did not run: nobody switched the power on."
        response = client.get(f"/gates/{gates[0]}")
        assert response.status_code == 200
        assert response.json() == exactly({"gate": gates[0], "power": "on"})
        got = response.headers.get(NUMBER)
        assert got == "1", told(
            (got is None, "The answer has no number. Is the site behind the door? `app` is what the server runs."),
            ("," in str(got), "The answer has more than one number. Does the request go through more than one door?"),
        )
        response = client.get(f"/{word}")
        assert (response.status_code, response.headers.get(NUMBER)) == (404, "2")
        response = client.post("/healthz")
        assert (response.status_code, response.text, response.headers.get(NUMBER)) == (200, "ok", None)
        spoken = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": word}]
        sent = client.portal.call(talk, app, websocket("/live"), *spoken)
        kinds = [message.get("type") for message in sent]
        assert kinds == ["websocket.accept", "websocket.send", "websocket.close"], (
            "This is what `/live` sends to a visitor. Did the WebSocket reach it?"
        )
        assert json.loads(sent[1].get("text", "null")) == exactly({"hello": word})
        response = client.get(f"/gates/{gates[1]}")
        assert response.json() == exactly({"gate": gates[1], "power": "on"})
        assert response.headers.get(NUMBER) == "3", (
            "Before this request a gate and a 404 had been passed on; a health check and a WebSocket do not count."
        )
    assert turnstile.site.state.power == "off", "The site's lifespan did not come to its end."
