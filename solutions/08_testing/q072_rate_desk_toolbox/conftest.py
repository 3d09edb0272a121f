import httpx2
import pytest
from app import app, get_provider
from fastapi.testclient import TestClient


class Provider:
    """Stands in for the rates provider."""

    def __init__(self):
        self.rates = {}
        self.calls = []
        self.down = False

    def answer(self, request):
        if self.down:
            raise httpx2.ConnectError("The provider is down", request=request)
        self.calls.append(request.url.path)
        currency = request.url.path.removeprefix("/latest/")
        if currency not in self.rates:
            return httpx2.Response(404)
        return httpx2.Response(200, json={"rate": self.rates[currency]})


@pytest.fixture
def provider():
    provider = Provider()
    wire = httpx2.AsyncClient(transport=httpx2.MockTransport(provider.answer), base_url="https://rates.example")
    app.dependency_overrides[get_provider] = lambda: wire
    yield provider
    app.dependency_overrides.clear()


@pytest.fixture
def client(provider):
    with TestClient(app) as client:
        yield client


@pytest.fixture
async def aclient(provider):
    async with (
        # The transport sends no lifespan events.
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://desk") as client,
    ):
        yield client
