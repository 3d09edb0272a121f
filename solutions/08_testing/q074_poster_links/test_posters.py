import json

import pytest
from app import app
from fastapi.testclient import TestClient

STAFF = {"X-Staff-Key": "night-shift"}


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "newcomers.json"
    monkeypatch.setenv("NEWCOMERS_FILE", str(path))
    return path


@pytest.fixture
def client(file):
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(("code", "hall"), [("dino", 3), ("owl", 7)])
def test_a_poster_leads_to_its_hall(client, code, hall):
    response = client.get(f"/p/{code}")
    assert response.status_code == 307
    assert response.headers["location"] == f"https://museum.example/hall/{hall}"


def test_a_newcomer_is_counted_and_gets_the_cookie(client):
    response = client.get("/p/owl")
    assert response.cookies["visitor"]
    assert client.get("/stats", headers=STAFF).json() == {"dino": 0, "owl": 1}


def test_a_visitor_who_returns_is_not_counted(client):
    client.get("/p/dino")
    client.get("/p/dino")
    client.get("/p/owl")
    assert client.get("/stats", headers=STAFF).json() == {"dino": 1, "owl": 0}


def test_somebody_else_is_a_newcomer_again(client):
    client.get("/p/dino")
    client.cookies.clear()
    client.get("/p/dino")
    assert client.get("/stats", headers=STAFF).json() == {"dino": 2, "owl": 0}


def test_a_visitor_who_returns_gets_no_cookie(client):
    client.get("/p/dino")
    assert "set-cookie" not in client.get("/p/owl").headers


@pytest.mark.parametrize("headers", [{}, {"X-Staff-Key": "day-shift"}])
def test_stats_are_for_staff_only(client, headers):
    assert client.get("/stats", headers=headers).status_code == 403


def test_the_counts_are_written_at_the_end(file):
    with TestClient(app) as client:
        client.get("/p/dino", follow_redirects=False)
        assert not file.exists()
    assert json.loads(file.read_text()) == {"dino": 1, "owl": 0}
