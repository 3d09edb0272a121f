"""A lifespan driver of its own in conftest.py, AnyIO's task groups and events, and one big test."""

import anyio
import app as office
import httpx
import pytest


@pytest.mark.anyio
async def test_a_night_at_the_theatre(server, within):
    app = office.create_app()
    outside = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://office.test")
    assert (await outside.get("/seats/A1")).is_server_error

    async with server(app) as client:
        codes = []

        async def buy(name, seat="A1"):
            codes.append((await client.post(f"/seats/{seat}/hold", json={"customer": name})).status_code)

        async with anyio.create_task_group() as group:
            for name in ("Mona", "Nils", "Olga", "Piet", "Quin", "Rosa"):
                group.start_soon(buy, name)
        assert sorted(codes) == [201] + 5 * [409]
        owner = (await client.get("/seats/A1")).json()["customer"]
        await buy("Late")
        assert codes[-1] == 409
        assert (await client.get("/seats/A1")).json()["customer"] == owner

        assert (await client.get("/seats/A2/freed?wait=1")).status_code == 200
        await buy("Other", "A2")
        async with within(1):
            assert (await client.get("/seats/A2/freed?wait=0")).status_code == 204
        await buy("Nobody", "A3")
        assert codes[-1] == 404

        told = []

        async def listen():
            told.append(await client.get("/seats/A1/freed?wait=8"))

        async with within(1), anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(listen)
            await anyio.sleep(0.05)
            await client.delete("/seats/A2/hold")
            await anyio.sleep(0.05)
            assert told == []
            await client.delete("/seats/A1/hold")
        assert [answer.json() for answer in told] == [{"seat": "A1"}] * 4
        assert (await client.delete("/seats/A1/hold")).status_code == 404
        await buy("Last", "A2")

    assert (await outside.get("/seats/A1")).status_code == 503
    async with server(app) as client:
        assert (await client.get("/seats/A2")).json()["customer"] is None
