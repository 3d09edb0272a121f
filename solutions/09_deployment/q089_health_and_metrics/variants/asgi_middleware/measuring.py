"""Measures requests with prometheus_client."""

import time

from fastapi.routing import iter_route_contexts
from prometheus_client import Counter, Gauge, Histogram
from starlette.routing import Match

DURATION = Histogram(
    "http_server_request_duration_seconds",
    "How long requests took.",
    ["http_request_method", "http_response_status_code", "http_route"],
    buckets=[0.01, 0.1, 1, 10],
)
ACTIVE = Gauge("http_server_active_requests", "Requests in flight.", ["http_request_method"])
DELIVERED = Counter("parcels_delivered_total", "Parcels delivered.", ["zone"])


def template(scope):
    for route in iter_route_contexts(scope["app"].routes):
        if route.path and hasattr(route, "matches") and route.matches(scope)[0] is not Match.NONE:
            return route.path
    return ""


class Measured:
    def __init__(self, app, without=()):
        self.app = app
        self.without = without

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"].startswith(self.without):
            return await self.app(scope, receive, send)
        method, status, route = scope["method"], 500, template(scope)

        async def watched(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = time.monotonic()
        with ACTIVE.labels(method).track_inprogress():
            try:
                await self.app(scope, receive, watched)
            finally:
                DURATION.labels(method, status, route).observe(time.monotonic() - began)
