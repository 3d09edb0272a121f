"""Tests for the posters' links. README.md lists what the app promises."""

from app import app
from fastapi.testclient import TestClient

# To do: the tests.
