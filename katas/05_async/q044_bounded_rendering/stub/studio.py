import asyncio
import logging
import threading
import time
from contextvars import ContextVar

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

log = logging.getLogger("uvicorn.error")

# The id of the request that is being served; every line of the renderer's log begins with it.
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdMiddleware:
    """Sets `request_id` to the header `X-Request-ID` of each request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request_id.set(Headers(scope=scope).get("X-Request-ID", "-"))
        await self.app(scope, receive, send)


class PlanNotFound(Exception):
    """There is no plan of this id in the vault."""


class RenderError(Exception):
    """The renderer cannot make an image of this plan; the message says why."""


class Vault:
    """Keeps plans and images. Asynchronous: everything is awaited, on the loop that serves the requests."""

    async def fetch(self, plan_id: str) -> bytes:
        """The plan. Raises PlanNotFound."""
        await asyncio.sleep(0.05)
        if plan_id not in _plans:
            raise PlanNotFound(plan_id)
        return _plans[plan_id]

    async def store(self, key: str, data: bytes) -> None:
        await asyncio.sleep(0.05)
        _images[key] = data


class Renderer:
    """The vendor's library. It blocks, and its licence is for two renders at a time."""

    def render(self, plan: bytes, dpi: int) -> bytes:
        """The image. Takes seconds. Raises RenderError."""
        if not _licence.acquire(blocking=False):
            raise RuntimeError("licence exceeded: a third render was started")
        try:
            log.info("[%s] %d bytes at %d dpi", request_id.get(), len(plan), dpi)
            time.sleep(2)
            if not plan.startswith(b"PLAN"):
                raise RenderError("not a floor plan")
            return plan * dpi
        finally:
            _licence.release()


def get_vault() -> Vault:
    return Vault()


def get_renderer() -> Renderer:
    return Renderer()


_plans = {"villa-7": b"PLAN kitchen, hall", "loft-2": b"PLAN one large room", "cat": b"GIF89a"}
_images: dict[str, bytes] = {}
_licence = threading.Semaphore(2)
