import httpx
import pytest
from app import app


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def quote(anyio_backend):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://parcels") as client:

        async def ask(weight, zone=None, express=None):
            params = {"weight_g": weight, "zone": zone, "express": express}
            return await client.get("/quote", params={k: v for k, v in params.items() if v is not None})

        yield ask
