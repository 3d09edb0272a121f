import uuid
from datetime import UTC, datetime

import httpx
import pytest
from app import app, get_gateway, get_now


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Garage:
    def __init__(self, client):
        self.client = client
        self.rider = uuid.uuid4().hex
        self.hour = 9
        self.charged = []
        self.paid = 0
        self.failure = None

    def charge(self, rider, cents):
        self.charged.append((rider, cents))
        if self.failure:
            raise self.failure
        self.paid += 1
        return f"#{self.paid}"

    async def gateway(self):
        yield self

    async def now(self):
        return datetime(2030, 1, 1, self.hour, 30, tzinfo=UTC)


@pytest.fixture
async def garage(anyio_backend):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://garage") as client:
        garage = Garage(client)
        app.dependency_overrides.update({get_gateway: garage.gateway, get_now: garage.now})
        yield garage
        app.dependency_overrides = {}
