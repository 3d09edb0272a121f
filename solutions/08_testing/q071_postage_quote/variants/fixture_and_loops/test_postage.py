"""A fixture, plain loops, single values out of the answers; one test for each promise."""

import app as postage
import pytest
from fastapi.testclient import TestClient


@pytest.fixture(scope="module")
def client():
    with TestClient(postage.app) as client:
        yield client


def price(client, query):
    answer = client.get("/quote?" + query)
    answer.raise_for_status()
    return answer.json()["price_cents"]


class TestPromises:
    def test_p1(self, client):
        for weight, band in ((1, "S"), (500, "S"), (501, "M"), (2000, "M"), (2001, "L")):
            answer = client.get(f"/quote?weight_g={weight}").json()
            assert answer["band"] == band
            assert set(answer) == {"band", "price_cents"}

    def test_p2(self, client):
        assert price(client, "weight_g=500") == 350
        assert price(client, "weight_g=501") == price(client, "weight_g=2000") == 590
        assert price(client, "weight_g=2001") == 1290

    def test_p3(self, client):
        for weight in (10, 1000, 10_000):
            assert price(client, f"weight_g={weight}&zone=abroad") == 2 * price(client, f"weight_g={weight}&zone=home")

    def test_p4(self, client):
        for zone in ("home", "abroad"):
            plain = price(client, f"weight_g=10&zone={zone}")
            assert price(client, f"weight_g=10&zone={zone}&express=true") - plain == 400

    def test_p5(self, client):
        quoted = [w for w in (-5, 0, 1, 30_000, 30_001) if client.get(f"/quote?weight_g={w}").is_success]
        assert quoted == [1, 30_000]
        assert client.get("/quote?weight_g=0").status_code == 422
