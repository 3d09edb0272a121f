import asyncio

import httpx
import pytest
from app import create_app

pytestmark = pytest.mark.anyio

AT_ONCE = 0.5  # seconds, far more than it takes: only an app that breaks a promise gets that far


def client_of(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://office")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def client(anyio_backend):
    app = create_app()
    # The transport sends no lifespan events.
    async with app.router.lifespan_context(app), client_of(app) as client:
        yield client


async def hold(client, seat, customer="Ada"):
    return await client.post(f"/seats/{seat}/hold", json={"customer": customer})


async def waiters(client, seat, number=1):
    """Start requests that wait for a seat, and return them when the app has them."""
    tasks = [asyncio.create_task(client.get(f"/seats/{seat}/freed", params={"wait": 5})) for _ in range(number)]
    await asyncio.sleep(0.02)
    assert not any(task.done() for task in tasks)
    return tasks


async def test_a_seat_is_held_and_given_back(client):
    assert (await client.get("/seats/A1")).json() == {"seat": "A1", "customer": None}

    held = await hold(client, "A1", "Ada")
    assert held.status_code == 201
    assert held.json() == {"seat": "A1", "customer": "Ada"}
    assert (await hold(client, "A1", "Bob")).status_code == 409
    assert (await client.get("/seats/A1")).json() == {"seat": "A1", "customer": "Ada"}

    assert (await client.delete("/seats/A1/hold")).status_code == 204
    assert (await client.delete("/seats/A1/hold")).status_code == 404
    assert (await client.get("/seats/A1")).json() == {"seat": "A1", "customer": None}


async def test_there_are_no_other_seats(client):
    assert (await client.get("/seats/Z9")).status_code == 404
    assert (await hold(client, "Z9")).status_code == 404
    assert (await client.delete("/seats/Z9/hold")).status_code == 404
    assert (await client.get("/seats/Z9/freed")).status_code == 404


async def test_of_many_customers_one_gets_the_seat(client):
    names = ["Ada", "Bob", "Cleo", "Dan"]
    answers = await asyncio.gather(*(hold(client, "B2", name) for name in names))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    winner = next(answer.json() for answer in answers if answer.status_code == 201)
    assert (await client.get("/seats/B2")).json() == winner


async def test_waiting_customers_are_told_when_their_seat_is_freed(client):
    await hold(client, "A1")
    await hold(client, "A2")
    tasks = await waiters(client, "A1", number=3)

    async with asyncio.timeout(AT_ONCE):
        assert (await client.get("/seats/B1")).status_code == 200
        assert (await client.delete("/seats/A2/hold")).status_code == 204
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in tasks)

    async with asyncio.timeout(AT_ONCE):
        assert (await client.delete("/seats/A1/hold")).status_code == 204
        answers = await asyncio.gather(*tasks)
    for answer in answers:
        assert answer.status_code == 200
        assert answer.json() == {"seat": "A1"}


async def test_waiting_ends_after_a_while(client):
    await hold(client, "A1")
    async with asyncio.timeout(AT_ONCE):
        answer = await client.get("/seats/A1/freed?wait=0.05")
    assert answer.status_code == 204


async def test_nobody_waits_for_a_free_seat(client):
    async with asyncio.timeout(AT_ONCE):
        answer = await client.get("/seats/A1/freed?wait=10")
    assert answer.status_code == 200


async def test_the_office_is_open_from_startup_to_shutdown():
    app = create_app()
    async with client_of(app) as client:
        assert (await client.get("/seats/A1")).status_code == 503
        async with app.router.lifespan_context(app):
            for seat in ("A1", "A2", "B1", "B2"):
                assert (await client.get(f"/seats/{seat}")).json() == {"seat": seat, "customer": None}
                assert (await hold(client, seat)).status_code == 201
        assert (await client.get("/seats/A1")).status_code == 503
        assert (await hold(client, "A1")).status_code == 503
        async with app.router.lifespan_context(app):
            assert (await client.get("/seats/A1")).json() == {"seat": "A1", "customer": None}
