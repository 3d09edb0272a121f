"""An async client whose transport does not raise, and one table of errors."""

import httpx
import pytest
from app import Fridge, app, get_fridge

GOOD = {"group": "A+", "units": 10, "patient": "R. Sorge"}
ERRORS = [
    ("POST", "/orders", {**GOOD, "group": "O-"}, 409, {"error": "shortage", "left": 3}),
    ("POST", "/orders", {**GOOD, "group": "Z"}, 409, {"error": "shortage", "left": 0}),
    ("POST", "/orders", {**GOOD, "units": 0, "group": None}, 422, {"error": "invalid", "fields": ["group", "units"]}),
    ("POST", "/orders", [GOOD], 422, {"error": "invalid", "fields": []}),
    ("POST", "/orders", None, 422, {"error": "invalid", "fields": []}),
    ("PUT", "/orders", GOOD, 405, {"error": "http", "status": 405}),
    ("GET", "/", None, 404, {"error": "http", "status": 404}),
]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def bank(anyio_backend):
    fridge = Fridge()
    app.dependency_overrides[get_fridge] = lambda: fridge
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://bank") as client:
        yield client
    app.dependency_overrides.clear()


@pytest.mark.anyio
@pytest.mark.parametrize(("method", "path", "body", "status", "answer"), ERRORS)
async def test_errors(bank, method, path, body, status, answer):
    response = await bank.request(method, path, json=body)
    assert (response.status_code, response.json()) == (status, answer)


@pytest.mark.anyio
async def test_the_fridge_is_as_full_as_before(bank):
    async def order(units):
        return (await bank.post("/orders", json={**GOOD, "units": units})).status_code

    assert [await order(n) for n in (10, 9, 2, 11, 1, 1)] == [201, 201, 409, 422, 201, 409]


@pytest.mark.anyio
async def test_bugs(bank):
    async def explode():
        raise KeyError("fridge on fire")

    app.dependency_overrides[get_fridge] = explode
    seen = set()
    for _ in range(3):
        response = await bank.post("/orders", json=GOOD)
        assert response.status_code == 500
        assert sorted(response.json()) == ["error", "incident"]
        assert response.json()["error"] == "internal"
        seen.add(response.json()["incident"])
    assert len(seen) == 3
