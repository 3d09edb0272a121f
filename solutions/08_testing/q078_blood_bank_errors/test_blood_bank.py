import pytest
from app import Fridge, app, get_fridge
from fastapi.testclient import TestClient

ORDER = {"group": "O-", "units": 1, "patient": "Ada Byron"}


class BrokenFridge:
    def take(self, group, units):
        raise RuntimeError(f"cable of {group} is loose")


@pytest.fixture
def client(monkeypatch):
    fridge = Fridge()
    monkeypatch.setitem(app.dependency_overrides, get_fridge, lambda: fridge)
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture
def broken(client, monkeypatch):
    monkeypatch.setitem(app.dependency_overrides, get_fridge, BrokenFridge)
    return client


def test_an_order_is_taken(client):
    response = client.post("/orders", json=ORDER)
    assert response.status_code == 201
    assert response.json() == {"group": "O-", "units": 1}


@pytest.mark.parametrize(("group", "left"), [("O-", 3), ("AB-", 0)])
def test_a_shortage_says_how_much_is_left(client, group, left):
    response = client.post("/orders", json=ORDER | {"group": group, "units": 4})
    assert response.status_code == 409
    assert response.json() == {"error": "shortage", "left": left}


def test_a_refused_order_takes_nothing(client):
    assert client.post("/orders", json=ORDER | {"units": 4}).status_code == 409
    assert client.post("/orders", json=ORDER | {"units": 3}).status_code == 201


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["group", "patient", "units"]),
        (ORDER | {"units": 11}, ["units"]),
        (ORDER | {"units": "many", "patient": 7}, ["patient", "units"]),
    ],
)
def test_an_invalid_order_gets_the_names_of_its_fields(client, body, fields):
    response = client.post("/orders", json=body)
    assert response.status_code == 422
    assert response.json() == {"error": "invalid", "fields": fields}


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/plasma", 404), ("GET", "/orders", 405)])
def test_other_errors_have_the_common_form(client, method, path, status):
    response = client.request(method, path)
    assert response.status_code == status
    assert response.json() == {"error": "http", "status": status}


def test_a_bug_tells_nothing_but_its_incident(broken):
    response = broken.post("/orders", json=ORDER)
    assert response.status_code == 500
    body = response.json()
    assert body == {"error": "internal", "incident": body.get("incident")}
    assert isinstance(body["incident"], str)


def test_each_incident_has_its_own_id(broken):
    first, second = (broken.post("/orders", json=ORDER).json() for _ in range(2))
    assert first["incident"] != second["incident"]
