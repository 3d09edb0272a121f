"""A fixture that puts any fridge in; the broken one is a fridge that breaks at the second order."""

import pytest
from app import Fridge, app, get_fridge
from fastapi.testclient import TestClient


class Tired(Fridge):
    takes = 0

    def take(self, *what):
        self.takes += 1
        if self.takes > 1:
            raise OSError("compressor: Ms Doe")
        return super().take(*what)


@pytest.fixture
def bank():
    def with_fridge(fridge):
        app.dependency_overrides[get_fridge] = lambda: fridge
        with TestClient(app, raise_server_exceptions=False) as client:
            return lambda **body: client.post("/orders", json={"patient": "Ms Doe"} | body)

    yield with_fridge
    del app.dependency_overrides[get_fridge]


class TestRefusals:
    def test_too_much(self, bank):
        order = bank(Fridge())
        answers = [order(group="O-", units=units) for units in (4, 4, 3, 1)]
        assert [a.status_code for a in answers] == [409, 409, 201, 409]
        assert [a.json().get("left") for a in answers] == [3, 3, None, 0]
        assert answers[0].json() == {"error": "shortage", "left": 3}

    def test_nonsense(self, bank):
        answer = bank(Fridge())(group="O-", units=2.5, patient=["Ms Doe"])
        assert answer.status_code == 422
        assert answer.json().items() == {"error": "invalid", "fields": ["patient", "units"]}.items()

    def test_wrong_door(self):
        answer = TestClient(app).get("/order")
        assert answer.json() == {"error": "http", "status": answer.status_code == 404 and 404}


class TestBugs:
    def test_they_are_numbered_and_mute(self, bank):
        order = bank(Tired())
        assert order(group="A+", units=1).status_code == 201
        one, two = order(group="A+", units=1), order(group="A+", units=1)
        assert one.status_code == two.status_code == 500
        assert one.json() == {"error": "internal", "incident": one.json()["incident"]}
        assert one.text != two.text
