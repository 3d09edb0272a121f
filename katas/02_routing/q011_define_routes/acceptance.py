"""Checks of q011: which route answers."""

import copy

import pytest

from pytest_fastapi_kata.checks import exactly, told


@pytest.fixture
def carparks(module, rng):
    """Five car parks of this run. The emptiest is neither first nor last, and its code sorts before the others."""
    emptiest, *others = sorted(rng.words(5))
    order = rng.shuffled(others)
    order.insert(2, emptiest)
    *fewer, most = sorted(rng.numbers(5, 1, 300))
    spaces = dict(zip(others, rng.shuffled(fewer), strict=True)) | {emptiest: most}
    facts = {code: {"name": rng.title(), "free": spaces[code]} for code in order}
    module.CARPARKS.clear()
    module.CARPARKS.update(copy.deepcopy(facts))
    return facts


def shown(carparks):
    return [{"code": code, **facts} for code, facts in carparks.items()]


def test_the_list_shows_every_carpark(carparks, client):
    """`GET /carparks` answers an array of all car parks, in the order of `CARPARKS`, each as an object with `code`, `name` and `free`."""
    response = client.get("/carparks")
    assert response.status_code == 200
    got, expected = response.json(), shown(carparks)
    assert got == exactly(expected), told(
        (isinstance(got, dict), "The answer is one object. The sign expects an array of objects, each with its code."),
        (
            isinstance(got, list) and sorted(map(str, got)) == sorted(map(str, expected)),
            "All car parks are there, but not in the order of CARPARKS.",
        ),
        "The answer is not the array of car parks that CARPARKS holds at this moment.",
    )


def test_the_list_answers_with_a_trailing_slash_too(carparks, client):
    """`GET /carparks/`, with a slash at its end, answers the same array as `/carparks`, without a redirect."""
    response = client.get("/carparks/")
    assert response.status_code == 200, told(
        (
            response.status_code in (307, 308),
            "Starlette found your route under the other spelling and sent a redirect, which the sign cannot follow. "
            "The second spelling needs a route of its own.",
        ),
    )
    assert response.json() == exactly(shown(carparks)), told("With the slash, the answer is not the array of all car parks.")


def test_emptiest_is_not_taken_for_a_code(carparks, client):
    """`GET /carparks/emptiest` answers the one car park that has the most free spaces."""
    expected = max(shown(carparks), key=lambda carpark: carpark["free"])
    response = client.get("/carparks/emptiest")
    assert response.status_code == 200, told(
        (
            response.status_code == 500,
            "Routes are tried in the order in which they were defined. Did a path in braces catch the word “emptiest”?",
        ),
    )
    assert response.json() == exactly(expected), told(
        (
            "emptiest" in str(response.json()),
            "Routes are tried in the order in which they were defined. Did a path in braces catch the word “emptiest”?",
        ),
        "This is not the car park with the most free spaces.",
    )


def test_a_carpark_is_found_by_its_code(carparks, client):
    """`GET /carparks/{code}` answers the car park with that code."""
    for expected in shown(carparks):
        response = client.get(f"/carparks/{expected['code']}")
        assert response.status_code == 200, f"The code asked for is “{expected['code']}”, and CARPARKS has it."
        assert response.json() == exactly(expected), f"The code asked for is “{expected['code']}”."


def test_every_request_reads_the_data_again(carparks, module, client, rng):
    """When a number changes or a car park is added, the next answers of `/carparks` and `/carparks/{code}` show it."""
    assert client.get("/carparks").json() == exactly(shown(carparks))
    stale = "The data changed between two requests and the answer did not. It was made earlier, perhaps on import."
    changed, added = rng.choice(list(carparks)), rng.word(4)
    carparks[changed]["free"] += 500
    carparks[added] = {"name": rng.title(), "free": rng.randint(1, 300)}
    module.CARPARKS.update(copy.deepcopy({code: carparks[code] for code in (changed, added)}))
    assert client.get("/carparks").json() == exactly(shown(carparks)), stale
    for code in (changed, added):
        assert client.get(f"/carparks/{code}").json() == exactly({"code": code, **carparks[code]}), stale


def test_the_display_can_only_read(carparks, client, rng):
    """`/carparks` and `/carparks/{code}` answer `GET`, and 405 to `POST`, `PUT` and `DELETE`."""
    for path in ("/carparks", f"/carparks/{rng.choice(list(carparks))}"):
        assert client.get(path).status_code == 200
        for method in ("POST", "PUT", "DELETE"):
            response = client.request(method, path)
            assert response.status_code == 405, f"{method} {path} went through, and the sign may only read."


def test_the_docs_list_the_routes(docs):
    """The docs list `GET` for `/carparks`, for `/carparks/emptiest` without parameters, and for `/carparks/{code}` with the path parameter `code`."""
    listed = {path: sorted(methods) for path, methods in docs.routes.items() if path != "/carparks/"}
    assert listed == {"/carparks": ["get"], "/carparks/emptiest": ["get"], "/carparks/{code}": ["get"]}, told(
        (
            "/carparks/emptiest" not in listed and len(listed) > 0,
            "A function that looks at its parameter with an `if` is one route, not two: the docs do not know of the second.",
        ),
        "The docs list other routes than the contract.",
    )
    assert docs.places("get", "/carparks") == {}
    assert docs.places("get", "/carparks/emptiest") == {}
    assert docs.places("get", "/carparks/{code}") == {"code": "path, required"}
