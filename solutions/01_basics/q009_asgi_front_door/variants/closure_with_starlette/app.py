"""The front door as a function that returns a function, with Starlette's helpers."""

from itertools import count

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from turnstile import site


def FrontDoor(inner: ASGIApp) -> ASGIApp:
    numbers = count(1)

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/healthz":
            await PlainTextResponse("ok")(scope, receive, send)
            return
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return

        number = next(numbers)

        async def send_numbered(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                MutableHeaders(scope=message)["X-Request-Number"] = str(number)
            await send(message)

        await inner(scope, receive, send_numbered)

    return door


app = FrontDoor(site)
