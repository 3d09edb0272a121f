"""A context manager in place of fixtures, a generator override, one test for each promise."""

from contextlib import contextmanager
from datetime import datetime, time
from unittest import mock

from app import CardDeclined, app, get_gateway, get_now
from fastapi.testclient import TestClient

client = TestClient(app)
today = datetime(2025, 2, 28).date()


@contextmanager
def desk(at="10:00", **behaviour):
    gateway = mock.NonCallableMock(spec_set=["charge"])
    gateway.charge.configure_mock(**({"return_value": "thanks"} | behaviour))

    def clock():
        yield datetime.combine(today, time.fromisoformat(at))

    with mock.patch.dict(app.dependency_overrides, {get_gateway: lambda: gateway, get_now: clock}):
        yield gateway.charge


def end(rider, minutes=10):
    return client.post("/rides", json={"rider": rider, "minutes": minutes})


def test_p1():
    with desk():
        answer = end("p1")
        listed = client.get("/rides/p1").json()
    assert answer.status_code == 201
    assert answer.json()["receipt"] == "thanks"
    assert listed == [{"ride": answer.json()["ride"], "cents": 250}]


def test_p2():
    for at, cents in (("21:59", 250), ("22:00", 330)):
        with desk(at) as charge:
            assert end("p2").json()["cents"] == cents
        charge.assert_called_once_with("p2", cents)


def test_p3():
    with desk(side_effect=["a", "b"]) as charge:
        end("p3", 1)
    assert charge.call_args_list == [mock.call("p3", 115)]


def test_p4_and_p5():
    with desk(side_effect=CardDeclined):
        assert end("p4").status_code == 402
        assert client.get("/rides/p4").json() == []
