"""A WebSocket as its client and its server see it: every message looked at, and a line that can stall or break."""

from __future__ import annotations

import asyncio
import json as jsonlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from pytest_fastapi_kata.exchange import Exchange, telling_headers
from pytest_fastapi_kata.rendezvous import within

Message = dict[str, Any]
_KEPT_TALK = 30
_SHOWN = 200


@dataclass
class Socket:
    """A client's WebSocket on its way through an app; ``asgi``'s ``server.websocket(…)`` makes one.

    The client side: ``await accepted()`` or ``await refused()``, ``say`` and
    ``say_json``, ``await next_json()`` and ``await next_text()``, ``leave()``,
    ``await closed()``. The line between: ``stall()`` keeps what the app sends
    from arriving (its ``send`` does not return), ``let(n)`` lets n messages
    through, ``flow()`` all; ``cut()`` makes sending raise OSError. A stalled
    line takes no close frame either as long as a send is under way on it.
    ``sent`` are the messages of the app that arrived, ``taken`` counts those of
    the client that it has received.
    """

    scope: Message
    sent: list[Message] = field(default_factory=list)
    taken: int = 0
    raised: BaseException | None = None
    _room: int | None = None
    _is_cut: bool = False
    _under_way: int = 0
    _inbox: deque[Message] = field(default_factory=deque)
    _unread: deque[Message] = field(default_factory=deque)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _has_ended: bool = False
    _talk: deque[str] = field(default_factory=lambda: deque(maxlen=_KEPT_TALK))

    def __post_init__(self) -> None:
        self._inbox.append({"type": "websocket.connect"})
        self._pokes: set[asyncio.Task[None]] = set()

    # The app's side.

    async def run(self, app: Any) -> None:
        """Call the app and note what it raises."""
        try:
            await app(self.scope, self.receive, self.send)
        except BaseException as error:  # noqa: BLE001 - also what ends a task is the app's doing
            self.raised = error
        finally:
            self._has_ended = True
            self._poke()

    async def receive(self) -> Message:
        """Hand out what the client has said, one message at a time, a disconnect last."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._inbox)
            message = self._inbox[0]
            if message["type"] != "websocket.disconnect":
                self._inbox.popleft()
            self.taken += message["type"] == "websocket.receive"
            return message

    async def send(self, message: Message) -> None:
        """Take a message of the app's, as soon as the line lets it through."""
        is_close = message["type"] == "websocket.close"
        async with self._changed:
            if self.has_left:
                msg = "the client has gone"
                raise OSError(msg)
            self._stand()
            if is_close:
                await self._changed.wait_for(lambda: self._room is None or not self._under_way or self._is_cut)
            else:
                self._under_way += 1
                self._changed.notify_all()
                try:
                    await self._changed.wait_for(lambda: self._room is None or self._room > 0 or self._is_cut)
                finally:
                    self._under_way -= 1
                    self._changed.notify_all()
            self._stand()
            if self._room is not None and not is_close:
                self._room -= 1
            self._arrive({**message})

    def _stand(self) -> None:
        if self._is_cut:
            msg = "the line is broken"
            raise OSError(msg)

    def _arrive(self, message: Message) -> None:
        self.sent.append(message)
        if message["type"] == "websocket.send":
            self._unread.append(message)
            self._note("app", _content(message))
        if message["type"] == "websocket.close":
            self._note("app", f"close {message.get('code', 1000)}")
            self._inbox.append({"type": "websocket.disconnect", "code": message.get("code", 1000), "reason": ""})
        self._changed.notify_all()

    # The client's side.

    @property
    def has_left(self) -> bool:
        """Whether the client has gone, or the app has closed."""
        return any(one["type"] == "websocket.disconnect" for one in self._inbox)

    @property
    def has_ended(self) -> bool:
        """Whether the app's endpoint has come to an end."""
        return self._has_ended

    @property
    def close_code(self) -> int | None:
        """The code with which the app closed, None if it did not."""
        found = self._first("websocket.close")
        return None if found is None else found.get("code", 1000)

    @property
    def subprotocol(self) -> str | None:
        """The subprotocol that the app chose when it accepted."""
        return (self._first("websocket.accept") or {}).get("subprotocol")

    @property
    def status(self) -> int | None:
        """The status of the handshake: 101 if accepted, 403 or the app's own if refused, None while it is open."""
        if self._first("websocket.accept"):
            return 101
        response = self._first("websocket.http.response.start")
        if response is not None:
            return int(response["status"])
        return 403 if self._first("websocket.close") else None

    @property
    def unread(self) -> int:
        """Messages that have arrived and were not taken by ``next_…`` yet."""
        return len(self._unread)

    async def accepted(self, otherwise: str = "The WebSocket was not accepted.") -> None:
        """Wait until the app has accepted; AssertionError with ``otherwise`` if it refuses, fails or never does."""
        await self._until(lambda: self.status is not None, otherwise)
        if self.status != 101:  # noqa: PLR2004 - Switching Protocols
            self._complain(otherwise)

    async def refused(self, otherwise: str = "The WebSocket was not refused.") -> int:
        """Wait until the app has refused the handshake and return the status."""
        await self._until(lambda: self.status is not None, otherwise)
        status = self.status
        assert status is not None, otherwise  # noqa: S101 - a check's outcome
        assert status != 101, otherwise  # noqa: PLR2004, S101 - a check's outcome
        return status

    async def next_message(self, otherwise: str = "No further message came.") -> str | bytes:
        """Return the next message that has not been read yet; AssertionError with ``otherwise`` if none comes."""
        await self._until(lambda: bool(self._unread), otherwise)
        if not self._unread:
            self._complain(otherwise)
        return _content(self._unread.popleft())

    async def next_json(self, otherwise: str = "No further message came.") -> Any:
        """Return the next message as JSON."""
        content = await self.next_message(otherwise)
        try:
            return jsonlib.loads(content)
        except ValueError:
            msg = f"The message was to be JSON, and it is: {content[:_SHOWN]!r}"
            raise AssertionError(msg) from None

    def say(self, content: str | bytes) -> None:
        """Send the app a text, or bytes."""
        key = "text" if isinstance(content, str) else "bytes"
        self._note("client", content)
        self._inbox.append({"type": "websocket.receive", key: content})
        self._poke()

    def say_json(self, value: Any) -> None:
        """Send the app a JSON text."""
        self.say(jsonlib.dumps(value))

    def leave(self, code: int = 1001) -> None:
        """Let the client go: what the app receives last is a disconnect, and sending raises OSError."""
        self._note("client", f"left with {code}")
        self._inbox.append({"type": "websocket.disconnect", "code": code, "reason": ""})
        self._poke()

    async def closed(self, otherwise: str = "The app did not close the WebSocket.") -> int:
        """Wait until the app has closed and return its code."""
        await self._until(lambda: self.close_code is not None, otherwise)
        if self.close_code is None:
            self._complain(otherwise)
        return self.close_code or 0

    async def ended(self, otherwise: str = "The endpoint did not come to an end with its WebSocket.") -> None:
        """Wait until the app's endpoint has returned or raised (see ``raised``)."""
        await self._until(lambda: self._has_ended, otherwise)

    # The line between.

    def stall(self) -> None:
        """Let nothing through from now on."""
        self._room = 0

    def let(self, count: int) -> None:
        """Let so many messages through a stalled line."""
        self._room = (self._room or 0) + count
        self._poke()

    def flow(self) -> None:
        """Let everything through again."""
        self._room = None
        self._poke()

    def cut(self) -> None:
        """Break the line: what is being sent, and all that is sent from now on, raises OSError. Nothing else tells."""
        self._is_cut = True
        self._poke()

    @property
    def under_way(self) -> int:
        """How many sends of the app's are waiting on the line."""
        return self._under_way

    async def sending(self, otherwise: str = "The app sent nothing.") -> None:
        """Wait until a send of the app's is waiting on a stalled line."""
        await self._until(lambda: self._under_way > 0, otherwise)
        if not self._under_way:
            self._complain(otherwise)

    def exchange(self, target: str, route: str = "") -> Exchange:
        """Return the record of the handshake and of what was said last."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.scope["headers"]]
        return Exchange(
            method="WEBSOCKET",
            target=target,
            request_headers=telling_headers(headers, response=False),
            status=self.status,
            response_body="\n".join(self._talk),
            route=route,
        )

    def _first(self, kind: str) -> Message | None:
        return next((one for one in self.sent if one["type"] == kind), None)

    def _note(self, who: str, content: str | bytes) -> None:
        text = content if isinstance(content, str) else f"({len(content)} bytes)"
        self._talk.append(f"{who}: {text[:_SHOWN]}")

    def _complain(self, otherwise: str) -> None:
        if isinstance(self.raised, Exception):
            raise self.raised
        raise AssertionError(otherwise)

    async def _until(self, reached: Any, otherwise: str) -> None:
        async def wait() -> None:
            async with self._changed:
                await self._changed.wait_for(lambda: reached() or self._has_ended)

        if not (reached() or self._has_ended):
            await within(wait(), otherwise)

    def _poke(self) -> None:
        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        task = asyncio.ensure_future(notify())
        self._pokes.add(task)
        task.add_done_callback(self._pokes.discard)


def _content(message: Message) -> str | bytes:
    text = message.get("text")
    return text if text is not None else message.get("bytes") or b""
