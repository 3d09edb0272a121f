import pytest
from app import app
from fastapi.testclient import TestClient


@pytest.fixture(autouse=True)
def newcomers_file(tmp_path_factory, monkeypatch):
    path = tmp_path_factory.mktemp("museum") / "n.json"
    monkeypatch.setenv("NEWCOMERS_FILE", str(path))
    return path


@pytest.fixture
def started():
    client = TestClient(app, headers={"X-Staff-Key": "night-shift"})
    client.__enter__()
    yield client
    if client.portal is not None:
        client.__exit__(None, None, None)
