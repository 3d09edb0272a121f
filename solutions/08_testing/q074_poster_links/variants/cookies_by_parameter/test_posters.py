"""The first answer is read from the history of a redirect that was followed; cookies are given to the request."""

import json

import pytest


@pytest.mark.parametrize(
    "code, target", [("dino", "https://museum.example/hall/3"), ("owl", "https://museum.example/hall/7")]
)
def test_history(started, code, target):
    response = started.get(f"/p/{code}")
    assert [one.status_code for one in response.history] == [307]
    assert str(response.url) == target
    assert "visitor" in started.cookies


def test_known(started):
    answers = [started.get("/p/owl", cookies={"visitor": "42"}, follow_redirects=False) for _ in range(2)]
    assert all(one.headers.get_list("set-cookie") == [] for one in answers)
    assert started.get("/stats").json()["owl"] == 0


def test_key(started):
    assert started.get("/stats").is_success
    del started.headers["X-Staff-Key"]
    assert started.get("/stats").status_code == 403


def test_end(started, newcomers_file):
    started.get("/p/owl", follow_redirects=False)
    started.__exit__(None, None, None)
    with newcomers_file.open() as stream:
        counts = json.load(stream)
    assert counts == {"owl": 1, "dino": 0}
