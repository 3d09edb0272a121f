"""The front door of the turnstiles, in bare ASGI."""

from turnstile import site


class FrontDoor:
    def __init__(self, inner):
        self.inner = inner
        self.passed_on = 0

    async def __call__(self, scope, receive, send):
        # The type comes first: a lifespan has no path, and a WebSocket to /healthz is no health check.
        if scope["type"] != "http":
            await self.inner(scope, receive, send)
        elif scope["path"] == "/healthz":
            await answer_ok(send)
        else:
            self.passed_on += 1
            await self.inner(scope, receive, numbering(send, self.passed_on))


def numbering(send, number):
    """Return a `send` that adds the number to the start of the answer. Each request has its own."""
    header = (b"x-request-number", str(number).encode())

    async def send_numbered(message):
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), header]}
        await send(message)

    return send_numbered


async def answer_ok(send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"ok"})


app = FrontDoor(site)
