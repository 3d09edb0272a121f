"""Every route, against every kind of bad token."""

import datetime

import pytest
from app import SECRET, app
from conftest import client_with
from fastapi.testclient import TestClient

PAST = datetime.datetime(2020, 2, 29, tzinfo=datetime.timezone.utc)


def stranger(claims):
    return TestClient(app)


def forger(claims):
    return client_with(claims("lin"), key=SECRET + "x")


def latecomer(claims):
    return client_with(claims("lin") | {"exp": PAST})


def misdirected(claims):
    return client_with(claims("lin") | {"aud": "others"})


def leaver(claims):
    return client_with(claims("gone"))


@pytest.mark.parametrize("intruder", [stranger, forger, latecomer, misdirected, leaver])
@pytest.mark.parametrize(("method", "path"), [("GET", "/notes/1"), ("POST", "/notes")])
def test_locked(claims, intruder, method, path):
    answer = intruder(claims).request(method, path)
    assert answer.status_code == 401
    assert answer.headers.get("WWW-Authenticate") == "Bearer"
