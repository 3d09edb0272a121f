"""The app keeps its own client; what is replaced is the transport below it. A plain context manager starts the app."""

from contextlib import asynccontextmanager

import httpx2
import pytest
from app import app
from fastapi.testclient import TestClient
from toolbox import Provider


@pytest.fixture
def provider(monkeypatch):
    provider = Provider()

    async def handle(_transport, request):
        return provider.answer(request)

    monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", handle)
    return provider


@pytest.fixture
def client(provider):
    client = TestClient(app)
    client.__enter__()
    try:
        yield client
    finally:
        client.__exit__(None, None, None)


@asynccontextmanager
async def running():
    async with app.router.lifespan_context(app):
        yield httpx2.ASGITransport(app=app, raise_app_exceptions=False)


@pytest.fixture
async def aclient(provider):
    async with running() as transport:
        client = httpx2.AsyncClient(transport=transport, base_url="http://desk.example")
        yield client
        await client.aclose()
