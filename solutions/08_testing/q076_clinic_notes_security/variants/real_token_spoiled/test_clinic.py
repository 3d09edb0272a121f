"""Real tokens: decoded, one claim changed, signed again."""

import time

import jwt
import pytest
from app import ALGORITHM, AUDIENCE, SECRET, app
from fastapi.testclient import TestClient


@pytest.fixture
def client():
    with TestClient(app) as client:
        yield client


@pytest.fixture
def token(client):
    def of(name):
        response = client.post("/token", data={"username": name, "password": name + "-pw", "grant_type": "password"})
        response.raise_for_status()
        assert response.json()["token_type"] == "bearer"
        return response.json()["access_token"]

    return of


def spoiled(token, key=SECRET, **changes):
    claims = jwt.decode(token, SECRET, [ALGORITHM], audience=AUDIENCE)
    return jwt.encode(claims | changes, key, ALGORITHM)


def read(client, number, token):
    return client.get(f"/notes/{number}", headers={"Authorization": f"bearer {token}"})


@pytest.fixture
def number(client, token):
    headers = {"authorization": f"Bearer {token('lin')}"}
    return client.post("/notes", json={"patient": "pat", "text": "…"}, headers=headers).json()["id"]


def test_spoiled_tokens(client, token, number):
    good = token("pat")
    assert read(client, number, good).json() == {"id": number, "patient": "pat", "text": "…"}
    assert read(client, number, spoiled(good)).status_code == 200
    head, claims, signature = good.split(".")
    bad = [
        ".".join([head, claims, signature[::-1]]),
        spoiled(good, exp=int(time.time()) - 1),
        spoiled(good, aud=AUDIENCE + "s"),
        spoiled(token("lin"), sub="gone"),
        "",
    ]
    for one in bad:
        response = read(client, number, one)
        assert response.status_code == 401, one
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert client.get(f"/notes/{number}").headers["www-authenticate"] == "Bearer"


def test_roles(client, token, number):
    for name, statuses in (("lin", (201, 200)), ("pat", (403, 200)), ("pia", (403, 404))):
        headers = {"Authorization": f"Bearer {token(name)}"}
        write = client.post("/notes", json={"patient": "pat", "text": "x"}, headers=headers)
        assert (write.status_code, read(client, number, token(name)).status_code) == statuses


def test_door(client):
    seen = set()
    for name, password in (("lin", "x"), ("pia", ""), ("x", "x-pw"), ("gone", "gone-pw"), ("gone", "x")):
        answer = client.post("/token", data={"username": name, "password": password or "-"})
        assert answer.status_code == 401
        seen.add(answer.text)
    assert len(seen) == 1
