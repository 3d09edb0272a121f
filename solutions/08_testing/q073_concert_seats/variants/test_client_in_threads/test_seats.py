"""Plain functions: one TestClient in a `with`, and a thread for each request that has to wait."""

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from anyio import to_thread
from app import Declined, app, get_bank
from fastapi.testclient import TestClient

LIMIT = 3


class Bank:
    def __init__(self):
        self.go = threading.Event()
        self.inside = threading.Semaphore(0)
        self.customers = []

    async def charge(self, buyer, seat):
        self.customers.append(buyer)
        if buyer.startswith("poor"):
            raise Declined
        if buyer.startswith("slow"):
            self.inside.release()
            await to_thread.run_sync(self.go.wait, LIMIT + 1)


@pytest.fixture
def bank(monkeypatch):
    bank = Bank()
    monkeypatch.setitem(app.dependency_overrides, get_bank, lambda: bank)
    return bank


@pytest.fixture
def client(bank):
    with TestClient(app) as client:
        yield client


@pytest.fixture
def background(client, bank):
    with ThreadPoolExecutor(8) as pool:
        yield lambda function, *args: pool.submit(function, client, *args)
        # Nobody is left waiting, whatever became of the test.
        bank.go.set()
        for number in itertools.count():
            if not count(client):
                break
            buy(client, "last", f"Z{number}")


def buy(client, buyer, seat):
    return client.post(f"/seats/{seat}", json={"buyer": buyer})


def news(client):
    return client.get("/sales/next").json()


def count(client):
    return client.get("/sales/waiting").json()["waiting"]


def everybody_waits(client, expected):
    end = time.monotonic() + LIMIT
    while count(client) != expected:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_one_seat(client, bank, background):
    first = background(buy, "slow Jo", "B2")
    assert bank.inside.acquire(timeout=LIMIT)
    second = background(buy, "Al", "B2")
    assert second.result(LIMIT).status_code == 409
    assert bank.customers == ["slow Jo"]
    bank.go.set()
    assert first.result(LIMIT).json() == {"seat": "B2", "buyer": "slow Jo"}


def test_two_seats(client, bank, background):
    first = background(buy, "slow Jo", "B2")
    assert bank.inside.acquire(timeout=LIMIT)
    assert background(buy, "Al", "B3").result(LIMIT).status_code == 201
    bank.go.set()
    assert first.result(LIMIT).status_code == 201


def test_poor(client, bank):
    assert buy(client, "poor Jo", "B2").status_code == 402
    assert buy(client, "Al", "B2").status_code == 201


def test_news(client, bank, background):
    listeners = [background(news), background(news)]
    everybody_waits(client, 2)
    buy(client, "poor Jo", "B2")
    assert count(client) == 2
    buy(client, "Al", "B4")
    for listener in listeners:
        assert listener.result(LIMIT) == {"seat": "B4", "buyer": "Al"}
