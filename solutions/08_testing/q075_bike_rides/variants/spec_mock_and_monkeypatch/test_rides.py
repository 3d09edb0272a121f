"""Mock(spec=[…]) behind a lambda, monkeypatch.setitem."""

from datetime import datetime
from unittest.mock import Mock, call

import pytest
from app import CardDeclined, app, get_gateway, get_now
from fastapi.testclient import TestClient


@pytest.fixture
def at(monkeypatch):
    def set_clock(*time):
        monkeypatch.setitem(app.dependency_overrides, get_now, lambda: datetime(1999, 12, 31, *time))

    set_clock(8)
    return set_clock


@pytest.fixture
def gateway(monkeypatch):
    mock = Mock(spec=["charge"])
    mock.charge.side_effect = [f"no. {n}" for n in range(9)]
    monkeypatch.setitem(app.dependency_overrides, get_gateway, lambda: mock)
    return mock


@pytest.fixture
def client(at, gateway):
    with TestClient(app) as client:
        yield client


def ride(client, rider, minutes):
    return client.post("/rides", json={"rider": rider, "minutes": minutes})


def test_payment(client, gateway):
    first, second = ride(client, "p", 0), ride(client, "p", 60)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == {"ride": first.json()["ride"], "cents": 100, "receipt": "no. 0"}
    assert second.json() == {"ride": second.json()["ride"], "cents": 1000, "receipt": "no. 1"}
    assert gateway.mock_calls == [call.charge("p", 100), call.charge("p", 1000)]
    listed = client.get("/rides/p").json()
    assert [one["cents"] for one in listed] == [100, 1000]
    assert {one["ride"] for one in listed} == {first.json()["ride"], second.json()["ride"]}


def test_evening(client, gateway, at):
    fees = []
    for time in ((21, 59, 59), (22,), (23, 59)):
        at(*time)
        fees.append(ride(client, "e", 0).json()["cents"])
    assert fees == [100, 180, 180]


def test_no_money(client, gateway):
    gateway.charge.side_effect = CardDeclined("no money")
    assert ride(client, "n", 4).status_code == 402
    gateway.charge.assert_called_once_with("n", 160)
    assert client.get("/rides/n").json() == []
