"""A recorded request with its response, and how it is written down."""

from __future__ import annotations

import json
import shlex
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from pytest_fastapi_kata.comparison import json_text

BODY_LIMIT = 4_000
"""Characters of a body that are kept for the reader."""

# What every client sends or every server adds says nothing about the learner's code.
_DULL_REQUEST = {"host", "accept", "accept-encoding", "connection", "user-agent", "content-length"}
_DULL_RESPONSE = {"content-length", "date", "server", "connection"}


@dataclass(frozen=True)
class Exchange:
    """One request and what came back; bodies are text, cut to what a person reads.

    ``status`` is None when no answer came back.
    """

    method: str
    target: str
    request_headers: tuple[tuple[str, str], ...] = ()
    request_body: str = ""
    status: int | None = None
    response_headers: tuple[tuple[str, str], ...] = ()
    response_body: str = ""
    route: str = ""

    @property
    def reason(self) -> str:
        """The status with its phrase, such as ``404 Not Found``."""
        if self.status is None:
            return "no answer"
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)

    @property
    def curl(self) -> str:
        """A line that repeats the request against a server on port 8000; for a WebSocket, one that opens it."""
        return self.curl_to("http://127.0.0.1:8000")

    def curl_to(self, server: str) -> str:
        """Return a line that repeats the request against a server."""
        if self.method == "WEBSOCKET":
            return f"python -m websockets {shlex.quote(server.replace('http', 'ws', 1) + self.target)}"
        parts = ["curl", "-i"]
        if self.method == "HEAD":
            parts.append("--head")
        elif self.method != "GET" or self.request_body:
            parts += ["-X", self.method]
        if set(self.target) & set("[]{}"):
            parts.append("--globoff")
        parts.append(f"{server}{self.target}")
        for name, value in self.request_headers:
            parts += ["-H", f"{name}: {value}"]
        if self.request_body:
            if "content-type" not in {name.lower() for name, _ in self.request_headers}:
                # curl would add a form's content type, which was not sent.
                parts += ["-H", "content-type:"]
            parts += ["--data-raw", self.request_body]
        return " ".join(shlex.quote(part) for part in parts)

    def to_json(self) -> dict[str, Any]:
        """Return the exchange as JSON values, the curl line included."""
        data = asdict(self)
        data["request_headers"] = [list(pair) for pair in self.request_headers]
        data["response_headers"] = [list(pair) for pair in self.response_headers]
        data["curl"] = self.curl
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Exchange:
        """Rebuild an exchange from ``to_json``."""
        return cls(
            method=data["method"],
            target=data["target"],
            request_headers=tuple((name, value) for name, value in data["request_headers"]),
            request_body=data["request_body"],
            status=data["status"],
            response_headers=tuple((name, value) for name, value in data["response_headers"]),
            response_body=data["response_body"],
            route=data["route"],
        )


def telling_headers(headers: list[tuple[str, str]], *, response: bool) -> tuple[tuple[str, str], ...]:
    """Return the headers that say something, dropping what is in every message."""
    dull = _DULL_RESPONSE if response else _DULL_REQUEST
    # What a client accepts says something as soon as it is not simply everything.
    return tuple(
        (name, value)
        for name, value in headers
        if name.lower() not in dull or (name.lower() == "accept" and value != "*/*")
    )


def readable_body(body: bytes, content_type: str = "") -> str:
    """Return a body as text: JSON indented if short lines result, binary data named, long text cut."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return f"({len(body)} bytes that are not text)"
    if "json" in content_type and len(text) <= BODY_LIMIT:
        try:
            return json_text(json.loads(text))
        except (ValueError, RecursionError):
            return text
    if len(text) > BODY_LIMIT:
        return f"{text[:BODY_LIMIT]}… ({len(text) - BODY_LIMIT} characters more)"
    return text
