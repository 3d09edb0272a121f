import json
import os

from starlette.requests import cookie_parser

# Where the console of the harbour masters is served from, and under which domain
# the previews of pull requests appear: https://pr-<number>.<PREVIEW_DOMAIN>
CONSOLE_ORIGIN = os.environ.get("CONSOLE_ORIGIN", "https://console.harbour.example")
PREVIEW_DOMAIN = os.environ.get("PREVIEW_DOMAIN", "preview.harbour.example")

badges = {"demo-badge"}
berths: dict[int, str] = {1: "free", 2: "MV Heron"}


class BadgeGate:
    """ASGI middleware: lets a request in only with the cookie badge=<known badge>."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            header = dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")
            if cookie_parser(header).get("badge") not in badges:
                body = json.dumps({"detail": "No badge"}).encode()
                headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Badge")]
                await send({"type": "http.response.start", "status": 401, "headers": headers})
                await send({"type": "http.response.body", "body": body})
                return
        await self.app(scope, receive, send)
