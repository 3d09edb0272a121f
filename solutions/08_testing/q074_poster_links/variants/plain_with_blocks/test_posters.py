"""One long test in a `with` block, and an async one that starts the app by itself: two clients are two visitors."""

import json
import os

import anyio
import httpx2
from app import app
from fastapi.testclient import TestClient

KEY = {"x-staff-key": "night-shift"}


def test_day(tmp_path, monkeypatch):
    path = tmp_path / "today"
    monkeypatch.setitem(os.environ, "NEWCOMERS_FILE", f"{path}")
    with TestClient(app) as mia:
        first = mia.request("GET", "/p/dino", follow_redirects=False)
        assert first.next_request is not None
        assert (first.status_code, str(first.next_request.url)) == (307, "https://museum.example/hall/3")
        again = mia.get("/p/dino", follow_redirects=False)
        assert not again.cookies
        assert mia.get("/stats").status_code == 403
        assert not path.exists()
    assert json.loads(path.read_text("utf-8")) == {"dino": 1, "owl": 0}


async def visits():
    transport = httpx2.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://museum") as ben,
        httpx2.AsyncClient(transport=transport, base_url="http://museum") as zoe,
    ):
        for visitor in (ben, zoe, ben):
            await visitor.get("/p/owl")
        return (await zoe.get("/stats", headers=KEY)).json()


def test_two_visitors(tmp_path, monkeypatch):
    monkeypatch.setenv("NEWCOMERS_FILE", str(tmp_path / "f"))
    assert anyio.run(visits) == {"dino": 0, "owl": 2}
