from datetime import datetime

import pytest
from app import CardDeclined, app, get_gateway, get_now
from fastapi.testclient import TestClient

client = TestClient(app)


class FakeGateway:
    def __init__(self):
        self.calls = []
        self.declines = False

    def charge(self, rider, cents):
        self.calls.append((rider, cents))
        if self.declines:
            raise CardDeclined
        return f"receipt of {rider}"


@pytest.fixture(autouse=True)
def gateway():
    fake = FakeGateway()
    app.dependency_overrides[get_gateway] = lambda: fake
    app.dependency_overrides[get_now] = lambda: datetime.fromisoformat("2026-05-04T12:00")
    yield fake
    app.dependency_overrides.clear()


def test_a_ride_is_charged_and_answered(gateway):
    response = client.post("/rides", json={"rider": "ann", "minutes": 10})
    assert response.status_code == 201
    body = response.json()
    assert body == {"ride": body["ride"], "cents": 250, "receipt": "receipt of ann"}
    assert gateway.calls == [("ann", 250)]


def test_paid_rides_are_listed():
    rides = [client.post("/rides", json={"rider": "bo", "minutes": minutes}).json() for minutes in (1, 2)]
    client.post("/rides", json={"rider": "not bo", "minutes": 3})
    listed = client.get("/rides/bo").json()
    assert listed == [{"ride": rides[0]["ride"], "cents": 115}, {"ride": rides[1]["ride"], "cents": 130}]


@pytest.mark.parametrize(("time", "cents"), [("00:00", 115), ("21:59", 115), ("22:00", 195), ("23:59", 195)])
def test_unlocking_costs_more_late_in_the_evening(gateway, time, cents):
    app.dependency_overrides[get_now] = lambda: datetime.fromisoformat(f"2026-05-04T{time}")
    response = client.post("/rides", json={"rider": "cem", "minutes": 1})
    assert response.json()["cents"] == cents
    assert gateway.calls == [("cem", cents)]


def test_a_declined_ride_is_not_listed(gateway):
    gateway.declines = True
    assert client.post("/rides", json={"rider": "dot", "minutes": 5}).status_code == 402
    assert client.get("/rides/dot").json() == []
