"""pytest-asyncio, httpx, `wait_for`, `gather`; the bank keeps one buyer only."""

import asyncio

import httpx
import pytest
import pytest_asyncio
from app import Declined, app, get_bank


class Bank:
    def __init__(self, slow_for="", poor=""):
        self.slow_for, self.poor = slow_for, poor
        self.asked, self.calls = asyncio.Event(), []
        self.answer = asyncio.get_running_loop().create_future()

    async def charge(self, buyer, seat):
        self.calls.append(buyer)
        if buyer == self.slow_for:
            self.asked.set()
            await asyncio.wait_for(asyncio.shield(self.answer), 4)
        if buyer == self.poor:
            raise Declined(buyer)


@pytest_asyncio.fixture
async def hall():
    async with app.router.lifespan_context(app):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://t", timeout=None)
        async with client:
            yield client
    app.dependency_overrides.pop(get_bank, None)


def use(**options):
    bank = Bank(**options)
    app.dependency_overrides[get_bank] = lambda: bank
    return bank


def post(hall, buyer, seat):
    return asyncio.wait_for(hall.post("/seats/" + seat, json={"buyer": buyer}), 3)


@pytest.mark.asyncio
async def test_while_the_bank_thinks(hall):
    bank = use(slow_for="ann")
    slow = asyncio.ensure_future(post(hall, "ann", "C7"))
    await asyncio.wait_for(bank.asked.wait(), 3)
    same, other = await asyncio.gather(post(hall, "bob", "C7"), post(hall, "cleo", "C8"))
    assert (same.status_code, other.status_code) == (409, 201)
    assert bank.calls == ["ann", "cleo"]
    bank.answer.set_result(None)
    assert (await slow).json() == {"seat": "C7", "buyer": "ann"}


@pytest.mark.asyncio
async def test_declined(hall):
    bank = use(poor="ann")
    assert [(await post(hall, who, "C7")).status_code for who in ("ann", "bob", "ann")] == [402, 201, 409]
    assert bank.calls == ["ann", "bob"]


@pytest.mark.asyncio
async def test_news(hall):
    bank = use(slow_for="ann", poor="ann")
    news = asyncio.gather(*(hall.get("/sales/next") for _ in range(2)))
    async with asyncio.timeout(3):
        while (await hall.get("/sales/waiting")).json()["waiting"] < 2:
            await asyncio.sleep(0)
    slow = asyncio.create_task(post(hall, "ann", "C7"))
    await asyncio.wait_for(bank.asked.wait(), 3)
    bank.answer.set_result(None)
    assert (await slow).status_code == 402
    assert (await post(hall, "bob", "C7")).status_code == 201
    assert {one.json()["buyer"] for one in await asyncio.wait_for(news, 3)} == {"bob"}
