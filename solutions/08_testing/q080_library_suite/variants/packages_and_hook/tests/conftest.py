"""Packages, so that pytest finds the kata's folder; the marker is set by the folder; the factory is a class."""

import itertools
from pathlib import Path

import pytest
from app import create_app
from catalogue import load_catalogue
from fastapi.testclient import TestClient

API = Path(__file__).parent / "api"


def pytest_configure(config):
    config.addinivalue_line("markers", "api: sends requests to the app")


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(API):
            item.add_marker(pytest.mark.api)


@pytest.fixture(scope="session")
def catalogue():
    return load_catalogue()


@pytest.fixture
def client(catalogue):
    return TestClient(create_app(catalogue))


class LoanFactory:
    def __init__(self, client):
        self.client = client
        self.numbers = itertools.count(1)

    def __call__(self, *, member=None, title="film 3"):
        member = member or f"reader-{next(self.numbers)}"
        return self.client.post("/loans", json={"member": member, "title": title}).json()


@pytest.fixture
def make_loan(client):
    return LoanFactory(client)
