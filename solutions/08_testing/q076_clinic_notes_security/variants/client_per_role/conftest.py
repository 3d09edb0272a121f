"""A client for each person, with the header by default."""

import datetime

import app as clinic
import jwt
import pytest
from fastapi.testclient import TestClient


def client_with(claims, key=None):
    token = jwt.encode(claims, key or clinic.SECRET, clinic.ALGORITHM)
    return TestClient(clinic.app, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def claims():
    def of(name):
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=1)
        return {"sub": name, "aud": [clinic.AUDIENCE, "others"], "exp": end}

    return of


@pytest.fixture
def person(claims):
    return lambda name: client_with(claims(name))
