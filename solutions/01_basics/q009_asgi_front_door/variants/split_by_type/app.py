"""The front door with a method for what it handles itself, and an object for each request."""

from dataclasses import dataclass, field

import turnstile


@dataclass
class Numbered:
    send: object
    number: int

    async def __call__(self, message):
        if message["type"] != "http.response.start":
            return await self.send(message)
        extra = (b"x-request-number", bytes(str(self.number), "ascii"))
        return await self.send(message | {"headers": (*message.get("headers", ()), extra)})


@dataclass
class FrontDoor:
    inner: object
    count: int = field(default=0, init=False)

    def __call__(self, scope, receive, send):
        match scope:
            case {"type": "http", "path": "/healthz"}:
                return self.healthz(send)
            case {"type": "http"}:
                self.count += 1
                return self.inner(scope, receive, Numbered(send, self.count))
            case _:
                return self.inner(scope, receive, send)

    async def healthz(self, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"ok"})


app = FrontDoor(turnstile.site)
