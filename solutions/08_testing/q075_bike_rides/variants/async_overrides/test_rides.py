"""Async and generator overrides, an async client, the fakes in conftest.py."""

import pytest
from app import CardDeclined

pytestmark = pytest.mark.anyio


async def test_an_evening(garage):
    for number, (hour, cents) in enumerate([(20, 160), (21, 160), (22, 240), (23, 240), (0, 160)], start=1):
        garage.hour = hour
        answer = await garage.client.post("/rides", json={"rider": garage.rider, "minutes": 4})
        assert answer.status_code == 201
        assert answer.json() == {"ride": answer.json()["ride"], "cents": cents, "receipt": f"#{number}"}
        assert garage.charged.pop() == (garage.rider, cents)
        assert not garage.charged
        listed = (await garage.client.get(f"/rides/{garage.rider}")).json()
        assert len(listed) == number
        assert {"ride": answer.json()["ride"], "cents": cents} in listed


async def test_a_poor_rider(garage):
    garage.failure = CardDeclined()
    answer = await garage.client.post("/rides", json={"rider": garage.rider, "minutes": 4})
    assert answer.status_code == 402
    answer = await garage.client.get(f"/rides/{garage.rider}")
    assert answer.text == "[]"
