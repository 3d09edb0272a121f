"""The front door, added to the site's own middleware."""

from functools import partial
from itertools import count

from turnstile import site


class FrontDoor:
    def __init__(self, app):
        self.app = app
        self.numbers = count(1)

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            if scope["path"] == "/healthz":
                head = {"type": "http.response.start", "status": 200}
                head["headers"] = [[b"content-type", b"text/plain; charset=utf-8"], [b"content-length", b"2"]]
                await send(head)
                await send({"type": "http.response.body", "body": b"o", "more_body": True})
                await send({"type": "http.response.body", "body": b"k", "more_body": False})
                return
            send = partial(self.pass_on, send, b"%d" % next(self.numbers))
        await self.app(scope, receive, send)

    @staticmethod
    async def pass_on(send, number, message):
        if message["type"] == "http.response.start":
            headers = list(message.get("headers") or ())
            headers.insert(0, (b"x-request-number", number))
            message["headers"] = headers
        await send(message)


site.add_middleware(FrontDoor)
app = site
