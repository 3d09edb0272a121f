import time

import jwt
import pytest
from app import ALGORITHM, AUDIENCE, SECRET, app
from fastapi.testclient import TestClient

client = TestClient(app)
NOTE = {"patient": "pia", "text": "Sleeps badly"}


def bearer(sub, key=SECRET, **changes):
    """The header with a good token, but for the changes."""
    claims = {"sub": sub, "aud": AUDIENCE, "exp": time.time() + 300, **changes}
    return {"Authorization": "Bearer " + jwt.encode(claims, key, ALGORITHM)}


REFUSED = {
    "no header": {},
    "no token": {"Authorization": "Bearer nonsense"},
    "another scheme": {"Authorization": bearer("lin")["Authorization"].replace("Bearer", "Basic")},
    "another key": bearer("lin", key=SECRET[::-1] + "!"),
    "expired": bearer("lin", exp=time.time() - 60),
    "another audience": bearer("lin", aud="pharmacy-of-" + AUDIENCE),
    "deactivated": bearer("gone"),
}


@pytest.fixture
def note():
    response = client.post("/notes", json=NOTE, headers=bearer("lin"))
    assert response.status_code == 201
    written = response.json()
    assert written == {"id": written.get("id"), **NOTE}
    return written


def log_in(name, password):
    return client.post("/token", data={"username": name, "password": password})


@pytest.mark.parametrize(("name", "status"), [("lin", 201), ("pia", 403), ("pat", 403)])
def test_a_token_from_the_door_opens_as_much_as_its_role_may(name, status):
    answer = log_in(name, f"{name}-pw")
    assert answer.status_code == 200
    body = answer.json()
    assert body == {"access_token": body.get("access_token"), "token_type": "bearer"}
    headers = {"Authorization": f"Bearer {body['access_token']}"}
    assert client.post("/notes", json=NOTE, headers=headers).status_code == status


def test_all_refusals_at_the_door_look_alike():
    answers = [log_in("lin", "pia-pw"), log_in("nobody", "nobody-pw"), log_in("gone", "gone-pw")]
    assert [answer.status_code for answer in answers] == [401, 401, 401]
    assert answers[0].json() == answers[1].json() == answers[2].json()


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_refused(note, headers):
    for response in (
        client.get(f"/notes/{note['id']}", headers=headers),
        client.post("/notes", json=NOTE, headers=headers),
    ):
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("name", ["lin", "pia"])
def test_a_note_is_read_by_doctors_and_by_its_patient(note, name):
    response = client.get(f"/notes/{note['id']}", headers=bearer(name))
    assert response.status_code == 200
    assert response.json() == note


def test_another_patient_cannot_tell_that_a_note_is_there(note):
    hidden = client.get(f"/notes/{note['id']}", headers=bearer("pat"))
    missing = client.get("/notes/0", headers=bearer("pat"))
    assert hidden.status_code == missing.status_code == 404
