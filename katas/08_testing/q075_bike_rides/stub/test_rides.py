"""Tests for the bike rides. README.md lists what the app promises."""

from app import CardDeclined, app, get_gateway, get_now
from fastapi.testclient import TestClient

client = TestClient(app)

# To do: the tests.
