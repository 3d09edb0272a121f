"""Driving an ASGI app as a server does: one task for each request, and every message looked at."""

from __future__ import annotations

import asyncio
import contextlib
import json as jsonlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from pytest_fastapi_kata.clients import Recorder, route_of
from pytest_fastapi_kata.exchange import BODY_LIMIT, Exchange, readable_body, telling_headers
from pytest_fastapi_kata.rendezvous import within
from pytest_fastapi_kata.websocket import Socket

Message = dict[str, Any]


def http_scope(  # noqa: PLR0913 - one parameter for each part of a request
    method: str,
    target: str,
    headers: Iterable[tuple[str, str]] = (),
    *,
    kind: str = "http",
    state: Mapping[str, Any] | None = None,
    spec_version: str = "2.4",
) -> Message:
    """Return a scope as a server makes it for a request, or for a WebSocket (``kind="websocket"``).

    ``target`` is path and query, percent-encoded as in a request line.
    """
    parts = urlsplit(target)
    scope: Message = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": spec_version},
        "http_version": "1.1",
        "scheme": "ws" if kind == "websocket" else "http",
        "path": unquote(parts.path),
        "raw_path": parts.path.encode("ascii"),
        "query_string": parts.query.encode("ascii"),
        "root_path": "",
        "headers": [(b"host", b"testserver"), *((name.lower().encode(), value.encode()) for name, value in headers)],
        "client": ("127.0.0.1", 50_000),
        "server": ("testserver", 80),
    }
    if kind == "websocket":
        scope["subprotocols"] = []
    else:
        scope["method"] = method
    if state is not None:
        scope["state"] = dict(state)
    return scope


@dataclass(frozen=True)
class Reply:
    """An answer that was sent whole; header names are in small letters."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def status_code(self) -> int:
        """The status, under the name that httpx gives it."""
        return self.status

    def header(self, name: str) -> str | None:
        """Return a header's first value, or None."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def text(self) -> str:
        """The body as UTF-8 text."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the body as JSON; AssertionError in the learner's words if it is none."""
        try:
            return jsonlib.loads(self.body)
        except ValueError:
            msg = f"The answer ({self.status}) was to be JSON, and its body is: {readable_body(self.body)[:200]}"
            raise AssertionError(msg) from None


@dataclass
class Call:
    """A request on its way through an app.

    ``sent`` are the app's messages so far, ``taken`` counts the body chunks
    that it has received; they are taken out of ``chunks`` one at a time, as
    the app asks for them. ``hold`` (an event) keeps every ``send`` waiting until
    it is set; ``fail_at`` lets the nth ``send`` (from 1) raise OSError, as a
    server does when the client has gone.
    """

    scope: Message
    chunks: Iterable[bytes] = ()
    hold: asyncio.Event | None = None
    fail_at: int | None = None
    sent: list[Message] = field(default_factory=list)
    taken: int = 0
    raised: BaseException | None = None
    is_waited_for: bool = False
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    _answered: asyncio.Event = field(default_factory=asyncio.Event)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _sends: int = 0

    def __post_init__(self) -> None:
        # The length of a generator is not known before its end, so its last message is an empty one.
        self._known = len(self.chunks) if isinstance(self.chunks, Sized) else None
        self._source = iter(self.chunks)
        self._whole = False
        self._received = b""

    async def receive(self) -> Message:
        """Hand out the body chunk by chunk, then wait for the client to leave."""
        if self._whole or self.gone.is_set():
            await self.gone.wait()
            return {"type": "http.disconnect"}
        chunk = next(self._source, None)
        self.taken += chunk is not None or not self.taken
        self._whole = chunk is None or self.taken == self._known
        if len(self._received) < BODY_LIMIT:
            self._received += chunk or b""
        return {"type": "http.request", "body": chunk or b"", "more_body": not self._whole}

    @property
    def received(self) -> bytes:
        """The beginning of what the app has taken of the body."""
        return self._received

    async def send(self, message: Message) -> None:
        """Take a message of the app's."""
        self._sends += 1
        if self.fail_at is not None and self._sends >= self.fail_at:
            self.gone.set()
            msg = "the client has gone"
            raise OSError(msg)
        if self.hold is not None:
            await self.hold.wait()
        self.sent.append({**message})
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._answered.set()

    async def run(self, app: Any) -> None:
        """Call the app and note what it raises."""
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as error:  # noqa: BLE001 - also what ends a task is the app's doing
            self.raised = error
        finally:
            self._answered.set()
            self._ended.set()

    def leave(self) -> None:
        """Let the client go: what the app receives next is a disconnect."""
        self.gone.set()

    async def reply(self, otherwise: str = "The request was not answered.") -> Reply:
        """Wait until the last part of the body was sent; AssertionError with ``otherwise`` if that takes too long."""
        self.is_waited_for = True
        await within(self._answered.wait(), otherwise)
        self.is_waited_for = False
        start = next((one for one in self.sent if one["type"] == "http.response.start"), None)
        if start is None:
            if isinstance(self.raised, Exception):
                raise self.raised
            raise AssertionError(otherwise)
        headers = tuple((n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in start.get("headers", ()))
        body = b"".join(one.get("body", b"") for one in self.sent if one["type"] == "http.response.body")
        return Reply(start["status"], headers, body)

    async def ended(self, otherwise: str = "The app did not come to an end with this request.") -> None:
        """Wait until the app has returned, background tasks included."""
        await within(self._ended.wait(), otherwise)

    @property
    def is_answered(self) -> bool:
        """Whether the answer was sent whole, or the app has ended."""
        return self._answered.is_set()


class Server:
    """An app that is being served on the running loop, with its lifespan run and its state in every scope."""

    def __init__(self, app: Any, recorder: Recorder | None = None, spec_version: str = "2.4") -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self.spec_version = spec_version
        self._recorder = recorder
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closing = False

    def start(  # noqa: PLR0913 - one parameter for each part of a request
        self,
        method: str,
        target: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        json: Any = None,
        body: bytes | Iterable[bytes] = b"",
        hold: asyncio.Event | None = None,
        fail_at: int | None = None,
    ) -> Call:
        """Send a request in a task of its own and return at once; ``json`` or ``body``.

        A body is one chunk or a list of chunks, whose length is announced, or
        a generator of chunks: it is asked for as the app takes them, and no
        length is announced unless ``headers`` have one.
        """
        every = list(headers)
        if json is not None:
            body = jsonlib.dumps(json).encode()
            every.append(("content-type", "application/json"))
        chunks: Iterable[bytes] = [body] if isinstance(body, bytes) else body
        if isinstance(chunks, Sized):
            chunks = [chunk for chunk in chunks if chunk]
            if chunks and "content-length" not in {name.lower() for name, _ in every}:
                every.append(("content-length", str(sum(map(len, chunks)))))
        scope = http_scope(method, target, every, state=self.state, spec_version=self.spec_version)
        call = Call(scope, chunks, hold, fail_at)
        self._keep(asyncio.create_task(self._run(call, target)))
        return call

    async def request(self, method: str, target: str, **options: Any) -> Reply:
        """Send a request and wait for its answer."""
        return await self.start(method, target, **options).reply()

    def websocket(
        self,
        target: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        subprotocols: Iterable[str] = (),
        stalled: bool = False,
    ) -> Socket:
        """Open a WebSocket in a task of its own and return at once; ``stalled`` holds back the app's first message."""
        scope = http_scope("GET", target, headers, kind="websocket", state=self.state, spec_version=self.spec_version)
        scope["subprotocols"] = list(subprotocols)
        # Lets an app refuse with a whole answer, as today's servers do.
        scope["extensions"] = {"websocket.http.response": {}}
        socket = Socket(scope)
        if stalled:
            socket.stall()
        self._keep(asyncio.create_task(self._talk(socket, target)))
        return socket

    async def _talk(self, socket: Socket, target: str) -> None:
        try:
            await socket.run(self.app)
        finally:
            if self._recorder is not None:
                if isinstance(socket.raised, Exception):
                    self._recorder.note_raised(socket.raised)
                self._recorder.add(socket.exchange(target, route_of(socket.scope)))

    async def _run(self, call: Call, target: str) -> None:
        try:
            await call.run(self.app)
        finally:
            self._note(call, target)

    def _note(self, call: Call, target: str) -> None:
        if self._recorder is None or (self._is_closing and not call.is_waited_for):
            # What the end of a check breaks off says nothing, unless it was waited for in vain.
            return
        if isinstance(call.raised, Exception):
            self._recorder.note_raised(call.raised)
        start = next((one for one in call.sent if one["type"] == "http.response.start"), None)
        headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in (start.get("headers", ()) if start else ())]
        body = b"".join(one.get("body", b"") for one in call.sent if one["type"] == "http.response.body")
        sent = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in call.scope["headers"]]
        self._recorder.add(
            Exchange(
                method=call.scope["method"],
                target=target,
                request_headers=telling_headers(sent, response=False),
                request_body=readable_body(call.received, dict(sent).get("content-type", "")),
                status=start["status"] if start else None,
                response_headers=telling_headers(headers, response=True),
                response_body=readable_body(body, dict(headers).get("content-type", "")),
                route=route_of(call.scope),
            )
        )

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Cancel what is still running, and wait for it a moment."""
        self._is_closing = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=0.4)


@contextlib.asynccontextmanager
async def serving(app: Any, recorder: Recorder | None = None, spec_version: str = "2.4") -> AsyncIterator[Server]:
    """Serve an app on the running loop: the lifespan starts, requests are sent, the lifespan ends."""
    server = Server(app, recorder, spec_version)
    lifespan = getattr(getattr(app, "router", None), "lifespan_context", None)
    async with contextlib.AsyncExitStack() as stack:
        if lifespan is not None:
            state = await stack.enter_async_context(lifespan(app))
            server.state.update(state or {})
        try:
            yield server
        finally:
            await server.close()
