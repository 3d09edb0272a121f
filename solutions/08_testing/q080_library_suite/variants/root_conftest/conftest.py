"""In the kata's folder, so pytest puts that on the import path; the fixtures of all tests are here."""

import random

import pytest
from app import create_app
from catalogue import load_catalogue
from fastapi.testclient import TestClient


def pytest_configure(config):
    config.addinivalue_line("markers", "api")


@pytest.fixture(scope="session")
def catalogue():
    return load_catalogue()


@pytest.fixture
def app(catalogue):
    return create_app(catalogue)


@pytest.fixture
def client(app):
    with TestClient(app, base_url="http://library") as client:
        yield client


@pytest.fixture
def make_loan(client):
    return lambda **overrides: client.post(
        "/loans", json={"member": f"{random.getrandbits(64):x}", "title": "book 0", **overrides}
    ).json()
