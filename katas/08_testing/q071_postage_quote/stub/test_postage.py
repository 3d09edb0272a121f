"""Tests for the quotes. README.md lists what the app promises."""

from app import app
from fastapi.testclient import TestClient

client = TestClient(app)

# To do: the tests.
