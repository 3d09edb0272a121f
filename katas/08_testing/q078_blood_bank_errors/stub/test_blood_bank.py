"""Tests for the blood bank's error answers. README.md lists what the app promises."""

from app import Fridge, app, get_fridge
from fastapi.testclient import TestClient

# To do: the tests.
