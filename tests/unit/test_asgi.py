"""The ASGI driver: one task a request, every message looked at."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI, Request
from fastapi.responses import StreamingResponse

from pytest_fastapi_kata.asgi import Call, http_scope, serving
from pytest_fastapi_kata.clients import Recorder
from pytest_fastapi_kata.rendezvous import Gate, MovableLoop, within


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine on the loop that checks run on."""
    with asyncio.Runner(loop_factory=MovableLoop) as runner:
        runner.run(coroutine)


def make_app(events: list[str], gate: Gate) -> FastAPI:
    """Return an app with a lifespan, a held route, a stream, a background task and an upload."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, int]]:
        events.append("up")
        yield {"answer": 42}
        events.append("down")

    app = FastAPI(lifespan=lifespan)

    @app.get("/state")
    async def state(request: Request) -> int:
        answer: int = request.state.answer
        return answer

    @app.get("/held")
    async def held() -> str:
        await gate.passed()
        return "held"

    @app.get("/later")
    async def later(background: BackgroundTasks) -> str:
        background.add_task(gate.passed)
        return "answered"

    @app.post("/upload")
    async def upload(request: Request) -> int:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        return size

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            try:
                for number in range(100):
                    yield f"{number},"
            finally:
                events.append("closed")

        return StreamingResponse(parts())

    @app.get("/broken")
    async def broken() -> None:
        raise ValueError("broken on purpose")

    return app


def test_lifespan_and_state_are_those_of_a_server() -> None:
    """The lifespan runs around all requests, and what it yields is in every scope."""
    events: list[str] = []

    async def check() -> None:
        async with serving(make_app(events, Gate())) as server:
            assert ["up"] == events
            reply = await server.request("GET", "/state")
            assert (200, 42, "application/json") == (reply.status, reply.json(), reply.header("Content-Type"))
        assert ["up", "down"] == events

    run(check())


def test_requests_run_side_by_side() -> None:
    """Two held requests are both at the gate before either is answered."""

    async def check() -> None:
        gate = Gate()
        async with serving(make_app([], gate)) as server:
            calls = [server.start("GET", "/held") for _ in range(2)]
            await gate.meets(2, "they did not meet")
            assert [False, False] == [call.is_answered for call in calls]
            gate.open()
            assert ["held", "held"] == [(await call.reply()).json() for call in calls]

    run(check())


def test_a_reply_counts_before_background_tasks() -> None:
    """``reply`` returns when the last part was sent, ``ended`` when the app has returned."""

    async def check() -> None:
        gate = Gate()
        async with serving(make_app([], gate)) as server:
            call = server.start("GET", "/later")
            assert "answered" == (await call.reply()).json()
            await gate.meets(1, "the task did not run")
            gate.open()
            await call.ended()

    run(check())


def test_a_body_is_taken_chunk_by_chunk() -> None:
    """``taken`` counts the chunks that the app has received; the length is announced."""

    async def check() -> None:
        async with serving(make_app([], Gate())) as server:
            call = server.start("POST", "/upload", body=[b"ab", b"c", b"def"])
            assert 6 == (await call.reply()).json()
            assert 3 == call.taken
            assert (b"content-length", b"6") in call.scope["headers"]

    run(check())


def test_a_client_that_leaves_is_noticed() -> None:
    """``fail_at`` raises OSError from send, as servers of spec 2.4 do, and the stream is closed."""
    events: list[str] = []

    async def check() -> None:
        async with serving(make_app(events, Gate())) as server:
            call = server.start("GET", "/stream", fail_at=3)
            await call.ended()
            assert len(call.sent) == 2

    run(check())
    assert "closed" in events


def test_a_held_send_keeps_the_app_waiting() -> None:
    """With ``hold``, nothing is sent until the event is set."""

    async def check() -> None:
        hold = asyncio.Event()
        async with serving(make_app([], Gate())) as server:
            call = server.start("GET", "/state", hold=hold)
            await asyncio.sleep(0.01)
            assert [] == call.sent
            hold.set()
            assert 42 == (await call.reply()).json()

    run(check())


def test_exchanges_and_exceptions_are_recorded() -> None:
    """The recorder has the request, the answer, the route, and what the app raised."""
    recorder = Recorder()

    async def check() -> None:
        async with serving(make_app([], Gate()), recorder) as server:
            call = server.start("GET", "/broken?x=1")
            assert 500 == (await call.reply()).status
            await call.ended()

    run(check())
    (record,) = recorder.records
    assert ("GET", "/broken?x=1", 500, "/broken") == (
        record.exchange.method,
        record.exchange.target,
        record.exchange.status,
        record.exchange.route,
    )
    assert "broken on purpose" == str(record.raised)


def test_no_answer_is_said_in_the_checks_words() -> None:
    """An app that returns without an answer fails with the given text."""

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        pass

    async def check() -> None:
        call = Call(http_scope("GET", "/"))
        await call.run(silent)
        with pytest.raises(AssertionError, match="nothing came"):
            await call.reply("nothing came")

    run(check())


def test_a_wait_in_vain_ends_in_an_assertion() -> None:
    """``within`` gives up by the machine's clock, also when the loop's clock stands still."""

    async def check() -> None:
        with pytest.raises(AssertionError, match="too late"):
            await within(asyncio.Event().wait(), "too late", seconds=0.05)

    run(check())


def test_a_scope_is_decoded_as_a_server_does_it() -> None:
    """Path decoded once, raw path and query as bytes, header names in small letters."""
    scope = http_scope("GET", "/a%20b%2541?q=%C3%A9", [("X-Name", "v")], state={"k": 1})
    assert ("/a b%41", b"/a%20b%2541", b"q=%C3%A9") == (scope["path"], scope["raw_path"], scope["query_string"])
    assert (b"x-name", b"v") in scope["headers"]
    assert {"k": 1} == scope["state"]
    assert "method" not in http_scope("GET", "/live", kind="websocket")


def test_a_body_that_is_no_json_is_told() -> None:
    """The error names the status and shows the body."""

    async def plain(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b"<p>"})

    async def check() -> None:
        call = Call(http_scope("GET", "/"))
        await call.run(plain)
        reply = await call.reply()
        with pytest.raises(AssertionError, match=r"The answer \(202\) was to be JSON, and its body is: <p>"):
            reply.json()

    run(check())


def test_a_generated_body_is_taken_as_the_app_asks_for_it() -> None:
    """A generator of chunks is not read ahead, announces no length, and may be left before its end."""
    made = []

    async def first_two(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(2):
            await receive()
        await send({"type": "http.response.start", "status": 413, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def chunks() -> Iterator[bytes]:
        for number in range(1_000_000):
            made.append(number)
            yield b"x" * 1000

    async def check() -> None:
        async with serving(first_two) as server:
            call = server.start("POST", "/", body=chunks())
            assert 413 == (await call.reply()).status
            assert (2, [0, 1]) == (call.taken, made)
            assert b"content-length" not in dict(call.scope["headers"])

    run(check())


def test_what_the_end_breaks_off_is_not_recorded() -> None:
    """A call that nobody waited for says nothing when it is cancelled; one that was waited for in vain does."""
    recorder = Recorder()

    async def check() -> None:
        async with serving(make_app([], Gate()), recorder) as server:
            server.start("GET", "/held")
            waiting = asyncio.create_task(server.start("GET", "/held?awaited").reply())
            assert 42 == (await server.request("GET", "/state")).json()
        waiting.cancel()

    run(check())
    assert ["/state", "/held?awaited"] == [record.exchange.target for record in recorder.records]
