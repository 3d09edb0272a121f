"""The client that the lifespan has made is exchanged once the app has started; nothing is overridden."""

import asyncio
from types import SimpleNamespace

import httpx2
import pytest
from app import app
from fastapi.testclient import TestClient


@pytest.fixture
def provider():
    return SimpleNamespace(rates={}, calls=[], down=False)


def connected(provider):
    async def answer(request):
        if provider.down:
            raise httpx2.ConnectError("no route to host")
        provider.calls.append(request.url.path)
        rate = provider.rates.get(request.url.path.rpartition("/")[2])
        return httpx2.Response(404) if rate is None else httpx2.Response(200, json={"rate": rate})

    return httpx2.AsyncClient(transport=httpx2.MockTransport(answer), base_url="https://rates.example")


@pytest.fixture
def client(provider):
    client = TestClient(app)
    with client:
        app.state.provider = connected(provider)
        yield client


class Lifespan:
    """The lifespan events that a server would send."""

    def __init__(self):
        self.inbox, self.outbox = asyncio.Queue(), asyncio.Queue()

    async def __aenter__(self):
        self.task = asyncio.create_task(app({"type": "lifespan"}, self.inbox.get, self.outbox.put))
        await self.send("startup")

    async def __aexit__(self, *_):
        await self.send("shutdown")
        await self.task

    async def send(self, what):
        await self.inbox.put({"type": f"lifespan.{what}"})
        assert (await self.outbox.get())["type"] == f"lifespan.{what}.complete"


class Client:
    def __init__(self, client):
        self.client = client

    async def get(self, path, **options):
        return await self.client.get(path, **options)

    async def post(self, path, **options):
        return await self.client.post(path, **options)


@pytest.fixture
async def aclient(provider):
    async with Lifespan():
        app.state.provider = connected(provider)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://desk") as client:
            yield Client(client)
