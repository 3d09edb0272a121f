"""The stand-in is a small FastAPI app, and an async override hands out a new client for each request."""

import httpx
import httpx2
import pytest
from app import app, get_provider
from fastapi import FastAPI, HTTPException
from fastapi.testclient import TestClient


class Wire(httpx2.ASGITransport):
    def __init__(self, provider):
        super().__init__(app=provider.app)
        self.provider = provider

    async def handle_async_request(self, request):
        if self.provider.down:
            raise httpx2.ConnectTimeout("down", request=request)
        return await super().handle_async_request(request)


class Provider:
    def __init__(self):
        self.rates, self.calls, self.down = {}, [], False
        self.app = FastAPI()

        @self.app.get("/latest/{currency}")
        async def latest(currency: str):
            self.calls.append(f"/latest/{currency}")
            if currency not in self.rates:
                raise HTTPException(404)
            return {"currency": currency, "rate": self.rates[currency]}

    async def connect(self):
        async with httpx2.AsyncClient(transport=Wire(self), base_url="http://provider") as client:
            yield client


@pytest.fixture(scope="session")
def anyio_backend():
    return "asyncio", {"use_uvloop": False}


@pytest.fixture(autouse=True)
def provider(monkeypatch):
    provider = Provider()
    monkeypatch.setitem(app.dependency_overrides, get_provider, provider.connect)
    return provider


@pytest.fixture
def client():
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
async def aclient(anyio_backend):
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            yield client
