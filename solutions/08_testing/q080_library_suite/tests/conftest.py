from uuid import uuid4

import pytest
from app import create_app
from catalogue import load_catalogue
from fastapi.testclient import TestClient


# Dear to make, and nobody can change it: one for the whole run.
@pytest.fixture(scope="session")
def catalogue():
    return load_catalogue()


# Cheap, and full of state: a new one for each test.
@pytest.fixture
def client(catalogue):
    with TestClient(create_app(catalogue)) as client:
        yield client


@pytest.fixture
def make_loan(client):
    def make_loan(**overrides):
        loan = {"member": f"member {uuid4()}", "title": "book 1"} | overrides
        return client.post("/loans", json=loan).json()

    return make_loan
