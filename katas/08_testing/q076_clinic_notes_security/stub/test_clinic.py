"""Tests that try to break into the clinic. README.md lists what its app promises."""

import jwt
from app import ALGORITHM, AUDIENCE, SECRET, app
from fastapi.testclient import TestClient

client = TestClient(app)

# To do: the tests.
