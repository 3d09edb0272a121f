"""Who may do what."""

import pytest
from app import app
from fastapi.testclient import TestClient


@pytest.fixture
def path(person):
    answer = person("lin").post("/notes", json={"patient": "pia", "text": "cough"})
    assert answer.status_code == 201
    return f"/notes/{answer.json()['id']}"


def test_reading(person, path):
    assert [person(name).get(path).status_code for name in ("lin", "pia", "pat")] == [200, 200, 404]
    answer = person("pia").get(path).json()
    assert (answer["patient"], answer["text"]) == ("pia", "cough")
    assert person("pat").get(path).json() == person("pat").get("/notes/no-such-note").json()
    assert person("pat").get(path).status_code == person("lin").get("/notes/no-such-note").status_code


def test_writing(person):
    assert [person(name).post("/notes", json={"patient": name, "text": ""}).status_code for name in ("pia", "pat")] == [
        403,
        403,
    ]


def test_logging_in():
    door = TestClient(app)

    def knock(name):
        return door.post("/token", data={"username": name, "password": "gone-pw"})

    assert knock("gone").content == knock("lin").content == knock("Gone").content
    assert {knock(name).status_code for name in ("gone", "lin", "Gone")} == {401}
    answer = door.post("/token", data={"username": "pat", "password": "pat-pw"}).json()
    assert set(answer) == {"access_token", "token_type"}
    door.headers["Authorization"] = f"Bearer {answer['access_token']}"
    assert door.get("/notes/none").status_code == 404
