"""Clients that keep a record of every exchange."""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.responses import RedirectResponse, StreamingResponse

from pytest_fastapi_kata.clients import (
    KEPT,
    Recorder,
    RecordingAsyncClient,
    RecordingClient,
    RecordingHttpClient,
    exchange_of,
    httpx,
    route_of,
)
from pytest_fastapi_kata.exchange import Exchange


class Broken(Exception):  # noqa: N818 - it is what the learner's code raises
    pass


def an_app(**options: Any) -> FastAPI:
    """Return an app that answers in many ways."""
    app = FastAPI(**options)

    @app.get("/hats/{number}")
    def hat(number: int) -> dict[str, int]:
        return {"number": number}

    @app.post("/hats")
    async def post(request: Request) -> Response:
        return Response(await request.body(), 201, media_type="application/octet-stream")

    @app.get("/broken")
    def broken() -> None:
        msg = "no"
        raise Broken(msg)

    @app.get("/text")
    def text() -> Response:
        return Response("just a text", media_type="text/plain")

    @app.get("/nothing")
    def nothing() -> Response:
        return Response(status_code=204)

    @app.get("/away")
    def away() -> RedirectResponse:
        return RedirectResponse("/hats/1")

    @app.get("/stream")
    def stream() -> StreamingResponse:
        return StreamingResponse(iter(["a", "b"]))

    @app.websocket("/ws")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    return app


@pytest.fixture
def recorder() -> Recorder:
    """An empty record."""
    return Recorder()


@pytest.fixture
def client(recorder: Recorder) -> Iterator[RecordingClient]:
    """A client over the app."""
    with RecordingClient(an_app(), recorder) as one:
        yield one


def test_an_exchange_is_recorded(client: RecordingClient, recorder: Recorder) -> None:
    """What was sent and what came back, without what every message has, and the route that answered."""
    response = client.get("/hats/7?colour=red", headers={"X-Token": "t"})
    assert [
        Exchange(
            "GET", "/hats/7?colour=red", (("x-token", "t"),), "", 200, (("content-type", "application/json"),),
            '{"number": 7}', "/hats/{number}",
        )
    ] == [record.exchange for record in recorder.records]  # fmt: skip
    assert response is recorder.records[0].response
    assert recorder.records[0].raised is None


def test_bodies_are_recorded(client: RecordingClient, recorder: Recorder) -> None:
    """JSON is readable, bytes are counted."""
    client.post("/hats", json={"a": 1})
    client.post("/hats", content=b"\xff\x00")
    first, second = (record.exchange for record in recorder.records)
    assert '{"a": 1}' == first.request_body
    assert {"a": 1} == json.loads(first.response_body), "older clients send a blank, and it comes back"
    assert ("(2 bytes that are not text)", "(2 bytes that are not text)") == (
        second.request_body, second.response_body,
    )  # fmt: skip


def test_no_route_is_no_route(client: RecordingClient, recorder: Recorder) -> None:
    """The last one is not taken for it."""
    client.get("/hats/1")
    client.get("/caps")
    assert [("/hats/{number}", 200), ("", 404)] == [(r.exchange.route, r.exchange.status) for r in recorder.records]


def test_a_route_of_the_check_itself_is_no_route(tmp_path: Path) -> None:
    """The learner need not read of it; wrappers around the function do not hide whose it is."""
    names: dict[str, Any] = {}
    exec(compile("async def extra(): ...", str(tmp_path / "acceptance.py"), "exec"), names)  # noqa: S102
    added = functools.wraps(names["extra"])(lambda: None)
    routes = [
        SimpleNamespace(path="/x", endpoint=one) for one in (names["extra"], added, in_a_loop, functools.partial(int))
    ]
    assert ["", "", "/x", "/x"] == [route_of({"route": route}) for route in routes]
    assert ["", "/y", ""] == [route_of(scope) for scope in ({}, {"route": SimpleNamespace(path="/y")}, {"route": None})]


def test_a_server_error_is_an_answer(client: RecordingClient, recorder: Recorder) -> None:
    """What was raised is kept beside it, and belongs to that exchange alone."""
    assert 500 == client.get("/broken").status_code
    client.get("/hats/1")
    first, second = recorder.records
    assert (500, "/broken", True) == (first.exchange.status, first.exchange.route, isinstance(first.raised, Broken))
    assert second.raised is None
    assert recorder.last_raised is None


def test_a_server_error_can_be_raised_on_demand(recorder: Recorder) -> None:
    """Then there is no answer, and the exchange says so."""
    client = RecordingClient(an_app(), recorder, raise_server_exceptions=True)
    with pytest.raises(Broken):
        client.get("/broken")
    record = recorder.records[0]
    assert (None, "/broken", True) == (record.exchange.status, record.exchange.route, isinstance(record.raised, Broken))
    assert "no answer" == record.exchange.reason


def test_a_redirect_is_an_answer(client: RecordingClient, recorder: Recorder) -> None:
    """It is followed only on demand."""
    assert 307 == client.get("/away").status_code
    assert 200 == client.get("/away", follow_redirects=True).status_code
    assert 307 == recorder.records[0].exchange.status


def test_a_stream_is_not_read(client: RecordingClient, recorder: Recorder) -> None:
    """The check reads it, if it wants to."""
    with client.stream("GET", "/stream") as response:
        assert "(a stream, not read here)" == recorder.records[0].exchange.response_body
        assert b"ab" == response.read()


def test_a_body_that_streams_is_not_recorded() -> None:
    """It can be read only once, and that was for the server to do."""
    request = httpx.Request("POST", "http://testserver/hats", content=iter([b"a", b"b"]))
    assert "(a stream)" == exchange_of(request, None, body_read=False).request_body


def test_a_web_socket_is_no_exchange(client: RecordingClient, recorder: Recorder) -> None:
    """It can be talked to all the same."""
    with client.websocket_connect("/ws") as socket:
        assert "hello" == socket.receive_text()
    assert [] == recorder.records


def test_only_the_last_exchanges_are_kept(client: RecordingClient, recorder: Recorder) -> None:
    """A check that asks for ever does not fill the memory."""
    for number in range(KEPT + 3):
        recorder.add(Exchange("GET", f"/{number}"))
    assert (KEPT, "/3") == (len(recorder.records), recorder.records[0].exchange.target)


def test_what_the_lifespan_raises_is_kept(recorder: Recorder) -> None:
    """It belongs to no exchange."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        msg = "no start"
        raise Broken(msg)
        yield

    with pytest.raises(Broken), RecordingClient(an_app(lifespan=lifespan), recorder):
        pass
    assert isinstance(recorder.last_raised, Broken)
    assert [] == recorder.records


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/text", "The answer (200, text/plain; charset=utf-8) was to be JSON, and its body is: just a text"),
        ("/nothing", "The answer (204, no content type) was to be JSON, and its body is: nothing"),
        (
            "/broken",
            "The answer (500, text/plain; charset=utf-8) was to be JSON, and its body is: Internal Server Error",
        ),
    ],
)
def test_an_answer_that_is_no_json_says_so(client: RecordingClient, path: str, told: str) -> None:
    """In words for the learner instead of a decoder's."""
    with pytest.raises(AssertionError) as error:
        client.get(path).json()
    assert told == str(error.value)
    assert error.value.__suppress_context__


def test_an_answer_that_is_json_is_just_that(client: RecordingClient) -> None:
    """Options reach the reader."""
    assert {"number": "7"} == client.get("/hats/7").json(parse_int=str)


def test_a_long_answer_that_is_no_json_is_cut() -> None:
    """Its beginning says enough."""
    app = FastAPI()

    @app.get("/")
    def long() -> Response:
        return Response("x" * 5000)

    with pytest.raises(AssertionError) as error:
        RecordingClient(app, Recorder()).get("/").json()
    assert str(error.value).endswith(f"its body is: {'x' * 200}")


def in_a_loop(recorder: Recorder, talk: Callable[[RecordingAsyncClient], Any], **options: Any) -> Any:
    """Run a conversation with an asynchronous client."""

    async def run() -> Any:
        async with RecordingAsyncClient(an_app(), recorder, **options) as client:
            return await talk(client)

    return asyncio.run(run())


def test_the_asynchronous_client_records_as_well(recorder: Recorder) -> None:
    """Answers and server errors alike."""

    async def talk(client: RecordingAsyncClient) -> None:
        assert {"number": 3} == (await client.get("/hats/3")).json()
        assert 500 == (await client.get("/broken")).status_code
        with pytest.raises(AssertionError, match="was to be JSON"):
            (await client.get("/text")).json()

    in_a_loop(recorder, talk)
    first, second, _ = recorder.records
    assert ("GET", "/hats/3", 200, "/hats/{number}") == (
        first.exchange.method, first.exchange.target, first.exchange.status, first.exchange.route,
    )  # fmt: skip
    assert (500, True) == (second.exchange.status, isinstance(second.raised, Broken))


def test_asynchronous_requests_without_an_answer(recorder: Recorder) -> None:
    """They are recorded before the exception goes on its way."""

    async def talk(client: RecordingAsyncClient) -> None:
        await client.get("ftp://testserver/")

    async def stream(client: RecordingAsyncClient) -> None:
        async with client.stream("GET", "/stream") as response:
            await response.aread()

    def failing(request: httpx.Request) -> httpx.Response:
        msg = "gone"
        raise httpx.ReadTimeout(msg)

    async def time_out() -> None:
        client = RecordingAsyncClient(an_app(), recorder)
        client._transport = httpx.MockTransport(failing)
        await client.get("/slow")

    with pytest.raises(httpx.ReadTimeout):
        asyncio.run(time_out())
    assert ("/slow", None) == (recorder.records[0].exchange.target, recorder.records[0].exchange.status)
    in_a_loop(recorder, stream)
    assert "(a stream, not read here)" == recorder.records[1].exchange.response_body
    in_a_loop(recorder, talk)
    assert 200 != recorder.records[2].exchange.status


def test_the_client_for_real_servers_records_as_well(recorder: Recorder) -> None:
    """Answers, and requests that nobody answered; the machine's proxies are left alone."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/gone":
            msg = "gone"
            raise httpx.ConnectError(msg)
        return httpx.Response(200, json={"path": request.url.path})

    with RecordingHttpClient(recorder, transport=httpx.MockTransport(answer)) as client:
        assert {"path": "/a"} == client.get("http://127.0.0.1:1/a").json()
        with pytest.raises(httpx.ConnectError):
            client.get("http://127.0.0.1:1/gone")
        assert not client.trust_env
    assert [("/a", 200, '{"path": "/a"}'), ("/gone", None, "")] == [
        (record.exchange.target, record.exchange.status, record.exchange.response_body) for record in recorder.records
    ]


def test_records_can_be_written_down(client: RecordingClient, recorder: Recorder) -> None:
    """Each of them is JSON."""
    client.post("/hats", json={"name": "ü"}, headers={"X-Empty": ""})
    client.get("/nothing")
    assert recorder.records[0].exchange == Exchange.from_json(
        json.loads(json.dumps(recorder.records[0].exchange.to_json()))
    )
    assert "" == recorder.records[1].exchange.response_body


def test_an_app_without_a_word_at_its_lifespan() -> None:
    """An app that ignores the lifespan call is told so, in place of Starlette's TypeError."""

    async def silent(scope: Any, receive: Any, send: Any) -> None:
        pass

    with pytest.raises(AssertionError, match="came back without a word"), RecordingClient(silent, Recorder()):
        pass
