import asyncio
import contextlib

import httpx
import pytest


class Server:
    """The lifespan part of an ASGI server."""

    def __init__(self, app):
        self.app = app
        self.inbox = asyncio.Queue()
        self.outbox = asyncio.Queue()

    async def __aenter__(self):
        self.task = asyncio.create_task(self.app({"type": "lifespan"}, self.inbox.get, self.outbox.put))
        await self.say("startup")
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="https://office.test")

    async def __aexit__(self, *exc):
        await self.say("shutdown")
        await self.task

    async def say(self, what):
        await self.inbox.put({"type": f"lifespan.{what}"})
        async with asyncio.timeout(5):
            answer = await self.outbox.get()
        assert answer["type"] == f"lifespan.{what}.complete"


@pytest.fixture(params=["asyncio"])
def anyio_backend(request):
    return request.param


@pytest.fixture
def server():
    return Server


@pytest.fixture
def within():
    @contextlib.asynccontextmanager
    async def limit(seconds):
        async with asyncio.timeout(seconds):
            yield

    return limit
