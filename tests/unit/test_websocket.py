"""WebSockets over the ASGI driver: what is said, and lines that stall or break."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, WebSocket

from pytest_fastapi_kata.asgi import Server, serving
from pytest_fastapi_kata.clients import Recorder
from pytest_fastapi_kata.rendezvous import MovableLoop


def make_app() -> FastAPI:
    """Return an app that echoes, refuses, and closes."""
    app = FastAPI()

    @app.websocket("/echo")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept(subprotocol=(websocket.scope["subprotocols"] or [None])[0])
        while True:
            text = await websocket.receive_text()
            if text == "bye":
                await websocket.close(4001)
                return
            await websocket.send_json({"echo": text})

    @app.websocket("/refused")
    async def refused(websocket: WebSocket) -> None:
        await websocket.close(1008)

    @app.websocket("/denied")
    async def denied() -> None:
        raise HTTPException(401, "who are you?")

    @app.websocket("/broken")
    async def broken() -> None:
        raise ValueError("broken on purpose")

    return app


def run(check: Callable[[Server], Coroutine[Any, Any, None]], recorder: Recorder | None = None) -> None:
    """Run a check against the app, on the loop that checks run on."""

    async def served() -> None:
        async with serving(make_app(), recorder) as server:
            await check(server)

    with asyncio.Runner(loop_factory=MovableLoop) as runner:
        runner.run(served())


def test_client_and_app_talk() -> None:
    """Texts go in, JSON comes out in order, and the close code is seen."""

    async def check(server: Server) -> None:
        socket = server.websocket("/echo", subprotocols=["chat"])
        await socket.accepted()
        socket.say("one")
        socket.say("two")
        assert [{"echo": "one"}, {"echo": "two"}] == [await socket.next_json() for _ in range(2)]
        socket.say("bye")
        assert 4001 == await socket.closed()
        await socket.ended()
        assert (101, "chat", 3, 0, None) == (
            socket.status,
            socket.subprotocol,
            socket.taken,
            socket.unread,
            socket.raised,
        )

    run(check)


@pytest.mark.parametrize(("path", "status"), [("/refused", 403), ("/denied", 401), ("/nowhere", 403)])
def test_a_refusal_is_no_acceptance(path: str, status: int) -> None:
    """A close before the accept is 403, an HTTPException its own status."""

    async def check(server: Server) -> None:
        socket = server.websocket(path)
        assert status == await socket.refused()
        with pytest.raises(AssertionError, match="let me in"):
            await socket.accepted("let me in")

    run(check)


def test_an_exception_is_what_the_check_sees() -> None:
    """An app that raises before it accepts fails the check with its own exception."""

    async def check(server: Server) -> None:
        with pytest.raises(ValueError, match="broken on purpose"):
            await server.websocket("/broken").accepted()

    run(check)


def test_a_stalled_line_lets_through_what_it_is_told_to() -> None:
    """Sends wait on a stalled line, one passes for each ``let``, all when it flows again."""

    async def check(server: Server) -> None:
        socket = server.websocket("/echo", stalled=True)
        await socket.sending()
        assert [] == socket.sent
        socket.let(1)
        await socket.accepted()
        socket.say("one")
        await socket.sending()
        assert (0, 1) == (socket.unread, socket.under_way)
        socket.flow()
        assert {"echo": "one"} == await socket.next_json()

    run(check)


def test_a_full_line_takes_a_close_when_no_send_is_under_way() -> None:
    """A close frame waits for the send before it, and for nothing else."""

    async def check(server: Server) -> None:
        socket = server.websocket("/echo")
        await socket.accepted()
        socket.stall()
        socket.say("bye")
        assert 4001 == await socket.closed()

    run(check)


def test_a_cut_line_raises_in_the_app() -> None:
    """Sending on a broken line raises OSError, also where the send was waiting already."""

    async def check(server: Server) -> None:
        socket = server.websocket("/echo", stalled=True)
        await socket.sending()
        socket.cut()
        await socket.ended()
        assert isinstance(socket.raised, OSError)

    run(check)


def test_a_client_that_leaves_is_noticed() -> None:
    """The app receives a disconnect, and its endpoint ends."""

    async def check(server: Server) -> None:
        socket = server.websocket("/echo")
        await socket.accepted()
        socket.leave()
        await socket.ended()
        assert socket.has_left

    run(check)


def test_silence_is_told_in_the_checks_words() -> None:
    """An endpoint that ends without a message fails with the given text at once."""

    async def check(server: Server) -> None:
        socket = server.websocket("/echo")
        await socket.accepted()
        socket.leave()
        await socket.ended()
        socket.raised = None
        with pytest.raises(AssertionError, match="nothing came"):
            await socket.next_json("nothing came")

    run(check)


def test_the_talk_is_recorded() -> None:
    """The record has the handshake, the last words of both sides, and a line that opens the socket."""
    recorder = Recorder()

    async def check(server: Server) -> None:
        socket = server.websocket("/echo?x=1")
        await socket.accepted()
        socket.say("hello")
        await socket.next_json()
        socket.leave()
        await socket.ended()

    run(check, recorder)
    exchange = recorder.records[-1].exchange
    assert ("WEBSOCKET", "/echo?x=1", 101, "/echo") == (
        exchange.method,
        exchange.target,
        exchange.status,
        exchange.route,
    )
    assert 'client: hello\napp: {"echo":"hello"}\nclient: left with 1001' == exchange.response_body
    assert "python -m websockets 'ws://127.0.0.1:8000/echo?x=1'" == exchange.curl
