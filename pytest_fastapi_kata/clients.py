"""Clients for the learner's app that keep a record of every exchange."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from starlette import testclient as _starlette

from pytest_fastapi_kata.exchange import Exchange, readable_body, telling_headers

if TYPE_CHECKING:
    import httpx2 as httpx
else:
    # The library that Starlette's own client is built on: httpx2 today, httpx before.
    httpx = _starlette.httpx

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_CHECKS = "acceptance.py"
KEPT = 200
"""Exchanges that are kept of a single check; older ones are dropped."""


@dataclass
class Recorded:
    """An exchange, the response object it came from, and what the app raised meanwhile."""

    exchange: Exchange
    response: Any = None
    raised: BaseException | None = None


class Recorder:
    """Everything that went over the wire in one check, oldest first."""

    def __init__(self) -> None:
        self.records: list[Recorded] = []
        self._raised: BaseException | None = None
        self._route = ""

    def watch(self, app: Any) -> Watched:
        """Return the app, wrapped so that its exceptions are noted on their way out."""
        return Watched(app, self)

    def note_raised(self, error: BaseException | None) -> None:
        """Remember what the app raised for the exchange that is being recorded."""
        self._raised = error

    def note_route(self, route: str) -> None:
        """Remember which route the app chose."""
        self._route = route

    def add(self, exchange: Exchange, response: Any = None) -> None:
        """Add an exchange, together with what the app raised since the last one."""
        self.records.append(Recorded(exchange, response, self._raised))
        self._raised = None
        self._route = ""
        del self.records[:-KEPT]

    @property
    def route(self) -> str:
        """The template of the route that the app chose last, or nothing."""
        return self._route

    @property
    def last_raised(self) -> BaseException | None:
        """What the app raised outside of any exchange, in its lifespan for instance."""
        return self._raised


class Watched:
    """An ASGI app around the learner's: passes everything on, and notes exceptions and routes."""

    def __init__(self, app: Any, recorder: Recorder) -> None:
        self.app = app
        self.recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call the app; see the ASGI specification."""
        try:
            await self.app(scope, receive, send)
        except BaseException as error:
            self.recorder.note_raised(error)
            raise
        finally:
            self.recorder.note_route(route_of(scope))


def route_of(scope: Scope) -> str:
    """Return the template of the route that an app has chosen; nothing for one that a check has added."""
    route = scope.get("route")
    endpoint = inspect.unwrap(getattr(route, "endpoint", None) or (lambda: None))
    file = getattr(getattr(endpoint, "__code__", None), "co_filename", "")
    return "" if Path(file).name == _CHECKS else str(getattr(route, "path", "") or "")


class _ReadableJson:
    """Lets a response say in the learner's words that its body is not JSON."""

    def json(self, **options: Any) -> Any:
        try:
            return super().json(**options)  # type: ignore[misc]
        except ValueError:
            kind = self.headers.get("content-type", "no content type")  # type: ignore[attr-defined]
            body = readable_body(self.content) or "nothing"  # type: ignore[attr-defined]
            status = self.status_code  # type: ignore[attr-defined]
            msg = f"The answer ({status}, {kind}) was to be JSON, and its body is: {body[:200]}"
            raise AssertionError(msg) from None


class Response(_ReadableJson, httpx.Response):
    """httpx's response, with a JSON error that a learner understands."""


def exchange_of(request: Any, response: Any, *, body_read: bool, route: str = "") -> Exchange:
    """Return the record of an httpx request and its response (None if no answer came back)."""
    target = request.url.raw_path.decode("ascii", "replace")
    try:
        sent = readable_body(request.content, request.headers.get("content-type", ""))
    except httpx.RequestNotRead:
        sent = "(a stream)"
    if response is None:
        return Exchange(
            request.method, target, telling_headers(request.headers.multi_items(), response=False), sent, route=route
        )
    kind = response.headers.get("content-type", "")
    return Exchange(
        method=request.method,
        target=target,
        request_headers=telling_headers(request.headers.multi_items(), response=False),
        request_body=sent,
        status=response.status_code,
        response_headers=telling_headers(response.headers.multi_items(), response=True),
        response_body=readable_body(response.content, kind) if body_read else "(a stream, not read here)",
        route=route,
    )


class RecordingClient(_starlette.TestClient):
    """Starlette's TestClient, which notes each exchange; redirects are answers, and so are server errors."""

    __test__ = False

    def __init__(self, app: Any, recorder: Recorder, **options: Any) -> None:
        options.setdefault("follow_redirects", False)
        options.setdefault("raise_server_exceptions", False)
        super().__init__(recorder.watch(app), **options)
        self.recorder = recorder

    def __enter__(self) -> Self:
        try:
            return super().__enter__()
        except TypeError as error:
            if "'NoneType'" not in str(error):
                raise
            # Starlette looks into a message that never came.
            msg = "The app was called for its lifespan and came back without a word: it has neither started nor failed."
            raise AssertionError(msg) from None

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request and record what came back; see httpx.Client.send."""
        try:
            response = super().send(request, **options)
        except Exception:
            if not request.url.scheme.startswith("ws"):
                self.recorder.add(exchange_of(request, None, body_read=False, route=self.recorder.route))
            raise
        return _record(self.recorder, request, response, streamed=bool(options.get("stream")))


class RecordingAsyncClient(httpx.AsyncClient):
    """httpx's AsyncClient over the app itself, which notes each exchange; server errors are answers."""

    def __init__(self, app: Any, recorder: Recorder, **options: Any) -> None:
        transport = httpx.ASGITransport(app=recorder.watch(app), raise_app_exceptions=False)
        options.setdefault("base_url", "http://testserver")
        super().__init__(transport=transport, **options)
        self.recorder = recorder

    async def send(self, request: Any, **options: Any) -> Any:
        """Send a request and record what came back; see httpx.AsyncClient.send."""
        try:
            response = await super().send(request, **options)
        except Exception:
            self.recorder.add(exchange_of(request, None, body_read=False, route=self.recorder.route))
            raise
        return _record(self.recorder, request, response, streamed=bool(options.get("stream")))


class RecordingHttpClient(httpx.Client):
    """httpx's Client for a real server, which notes each exchange."""

    def __init__(self, recorder: Recorder, **options: Any) -> None:
        options.setdefault("trust_env", False)
        super().__init__(**options)
        self.recorder = recorder

    def send(self, request: Any, **options: Any) -> Any:
        """Send a request and record what came back; see httpx.Client.send."""
        try:
            response = super().send(request, **options)
        except Exception:
            self.recorder.add(exchange_of(request, None, body_read=False))
            raise
        return _record(self.recorder, request, response, streamed=bool(options.get("stream")))


def _record(recorder: Recorder, request: Any, response: Any, *, streamed: bool) -> Any:
    if type(response) is httpx.Response:
        response.__class__ = Response
    exchange = exchange_of(request, response, body_read=not streamed, route=recorder.route)
    recorder.add(exchange, response)
    return response
