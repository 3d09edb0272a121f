"""pytest-asyncio, httpx2, TaskGroup, the module's own app started in each test; one test for each promise."""

import asyncio
import time
from contextlib import asynccontextmanager

import httpx2
import pytest
from app import app


@asynccontextmanager
async def open_office():
    transport = httpx2.ASGITransport(app=app)
    async with app.router.lifespan_context(app), httpx2.AsyncClient(transport=transport, base_url="http://t") as c:
        yield c


@pytest.mark.asyncio
async def test_p1():
    async with open_office() as c:
        for seat in "A1", "B2":
            assert (await c.get(f"/seats/{seat}")).json() == {"seat": seat, "customer": None}
            r = await c.post(f"/seats/{seat}/hold", json={"customer": "Zoë"})
            assert (r.status_code, r.json()) == (201, {"seat": seat, "customer": "Zoë"})
            r = await c.post(f"/seats/{seat}/hold", json={"customer": "Yan"})
            assert r.status_code == 409
            r = await c.get(f"/seats/{seat}")
            assert (r.status_code, r.json()) == (200, {"seat": seat, "customer": "Zoë"})
            r = await c.delete(f"/seats/{seat}/hold")
            assert (r.status_code, r.content) == (204, b"")
            assert (await c.delete(f"/seats/{seat}/hold")).status_code == 404
        assert (await c.get("/seats/C1")).status_code == 404


@pytest.mark.asyncio
async def test_p2():
    async with open_office() as c:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(c.post("/seats/A2/hold", json={"customer": n})) for n in ("x", "y")]
        assert {t.result().status_code for t in tasks} == {201, 409}


@pytest.mark.asyncio
@pytest.mark.parametrize("waiting", [1, 2, 5])
async def test_p3_and_p4(waiting):
    async with open_office() as c:
        for seat in ("A1", "B1"):
            await c.post(f"/seats/{seat}/hold", json={"customer": seat})
        tasks = [asyncio.ensure_future(c.get("/seats/A1/freed?wait=1")) for _ in range(waiting)]
        done, _ = await asyncio.wait(tasks, timeout=0.05)
        assert not done
        assert (await c.delete("/seats/B1/hold")).status_code == 204
        done, _ = await asyncio.wait(tasks, timeout=0.05)
        assert not done
        await asyncio.wait_for(c.delete("/seats/A1/hold"), 0.5)
        for t in tasks:
            r = await asyncio.wait_for(t, 0.5)
            assert r.status_code == 200
            assert r.json() == {"seat": "A1"}


@pytest.mark.asyncio
async def test_p5():
    async with open_office() as c:
        before = time.monotonic()
        assert (await c.get("/seats/A1/freed")).status_code == 200
        assert time.monotonic() - before < 2
        await c.post("/seats/A1/hold", json={"customer": "x"})
        for wait in ("0", "0.1"):
            r = await asyncio.wait_for(c.get("/seats/A1/freed", params={"wait": wait}), 2)
            assert (r.status_code, r.text) == (204, "")


@pytest.mark.asyncio
async def test_p6():
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://t") as outside:
        for _ in range(2):
            assert (await outside.get("/seats/A1/freed")).status_code == 503
            async with open_office() as c:
                assert (await c.get("/seats/A1")).json()["customer"] is None
                await c.post("/seats/A1/hold", json={"customer": "x"})
            assert (await outside.delete("/seats/A1/hold")).status_code == 503
