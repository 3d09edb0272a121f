import asyncio

import httpx2
import pytest
from app import Declined, app, get_bank

pytestmark = pytest.mark.anyio


class Bank:
    """Lets a buyer through at once, or keeps all of them until it may go on."""

    def __init__(self):
        self.charged = []
        self.busy = asyncio.Semaphore(0)
        self.go = asyncio.Event()
        self.go.set()
        self.declines = False

    async def charge(self, buyer, seat):
        self.charged.append((buyer, seat))
        self.busy.release()
        await self.go.wait()
        if self.declines:
            raise Declined


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def bank():
    bank = Bank()
    app.dependency_overrides[get_bank] = lambda: bank
    yield bank
    app.dependency_overrides.clear()


@pytest.fixture
async def client(bank):
    transport = httpx2.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://hall") as client,
    ):
        yield client


async def soon(awaitable):
    async with asyncio.timeout(2):
        return await awaitable


async def buy(client, buyer, seat="A1"):
    return await client.post(f"/seats/{seat}", json={"buyer": buyer})


async def waiting(client, count):
    async with asyncio.timeout(2):
        while True:
            if (await client.get("/sales/waiting")).json() == {"waiting": count}:
                return
            await asyncio.sleep(0)


async def test_a_free_seat_is_sold(client, bank):
    response = await soon(buy(client, "Mia"))
    assert response.status_code == 201
    assert response.json() == {"seat": "A1", "buyer": "Mia"}
    assert bank.charged == [("Mia", "A1")]


async def test_a_second_buyer_is_refused_while_the_bank_is_slow(client, bank):
    bank.go.clear()
    first = asyncio.create_task(buy(client, "Mia"))
    await soon(bank.busy.acquire())
    second = await soon(buy(client, "Ben"))
    assert second.status_code == 409
    assert not first.done()
    assert bank.charged == [("Mia", "A1")]
    bank.go.set()
    assert (await soon(first)).status_code == 201


async def test_a_seat_is_gone_after_the_sale(client, bank):
    await soon(buy(client, "Mia"))
    assert (await soon(buy(client, "Ben"))).status_code == 409
    assert bank.charged == [("Mia", "A1")]


async def test_other_seats_do_not_wait(client, bank):
    bank.go.clear()
    buyers = [asyncio.create_task(buy(client, name, seat)) for name, seat in (("Mia", "A1"), ("Ben", "A2"))]
    await soon(bank.busy.acquire())
    await soon(bank.busy.acquire())
    bank.go.set()
    assert [(await soon(task)).status_code for task in buyers] == [201, 201]


async def test_a_seat_is_free_again_when_the_bank_declines(client, bank):
    bank.declines = True
    assert (await soon(buy(client, "Mia"))).status_code == 402
    bank.declines = False
    assert (await soon(buy(client, "Ben"))).status_code == 201


async def test_everybody_is_told_of_a_sale_once_it_is_paid(client, bank):
    bank.go.clear()
    listeners = [asyncio.create_task(client.get("/sales/next")) for _ in range(3)]
    await waiting(client, 3)
    sale = asyncio.create_task(buy(client, "Mia"))
    await soon(bank.busy.acquire())
    await waiting(client, 3)
    assert not any(task.done() for task in listeners)
    bank.go.set()
    assert [(await soon(task)).json() for task in listeners] == [{"seat": "A1", "buyer": "Mia"}] * 3
    assert (await soon(sale)).status_code == 201
    await waiting(client, 0)
