"""Checks of q011: which route answers."""

import copy

import pytest

from pytest_fastapi_kata.checks import exactly, told

OLD = (
    "These car parks were in `CARPARKS` when `app.py` was imported. By now there are others, and the answer does not "
    "know them: it was made, or its data were copied, before the request came in."
)


@pytest.fixture
def old(module):
    """The car parks that stand in the learner's file, as they would be shown."""
    carparks = getattr(module, "CARPARKS", None)
    assert isinstance(carparks, dict), "`app.py` has to keep its dict `CARPARKS`: the checks put car parks into it."
    return shown(copy.deepcopy(carparks))


@pytest.fixture
def carparks(module, old, rng):
    """Five car parks of this run. The emptiest is neither first nor last, and its code sorts before the others."""
    del old  # only to be asked for first
    most_room, *others = sorted(rng.words(5))
    order = rng.shuffled(others)
    order.insert(2, most_room)
    *fewer, most = sorted(rng.numbers(5, 1, 300))
    spaces = dict(zip(others, rng.shuffled(fewer), strict=True)) | {most_room: most}
    facts = {code: {"name": rng.title(), "free": spaces[code]} for code in order}
    module.CARPARKS.clear()
    module.CARPARKS.update(copy.deepcopy(facts))
    return facts


def shown(carparks):
    return [{"code": code, **facts} for code, facts in carparks.items()]


def emptiest(carparks):
    return max(shown(carparks), key=lambda carpark: carpark["free"])


def cars_leave(module, carparks, rng):
    """Let cars leave one of the car parks, so that it becomes the emptiest; return its code."""
    code = rng.choice([code for code in carparks if code != emptiest(carparks)["code"]])
    carparks[code]["free"] += 500
    module.CARPARKS[code] = dict(carparks[code])
    return code


def test_the_list_shows_every_carpark(carparks, old, client):
    """`GET /carparks` answers an array of all car parks, in the order of `CARPARKS`, each as an object with `code`, `name` and `free`."""
    response = client.get("/carparks")
    assert response.status_code == 200
    got, expected = response.json(), shown(carparks)
    assert got == exactly(expected), told(
        (isinstance(got, dict), "The answer is one object. The sign expects an array of objects, each with its code."),
        (got == old, OLD),
        (
            isinstance(got, list) and sorted(map(str, got)) == sorted(map(str, expected)),
            "All car parks are there, but not in the order of `CARPARKS`.",
        ),
        "The answer is not the array of car parks that `CARPARKS` holds at this moment.",
    )


def test_the_list_answers_with_a_trailing_slash_too(module, carparks, old, client, rng):
    """`GET /carparks/`, with a slash at its end, answers the same array as `/carparks`, without a redirect."""
    response = client.get("/carparks/")
    assert response.status_code == 200, told(
        (
            response.status_code in (307, 308),
            "Only the spelling without the slash was found, and the answer is a redirect to it. The sign cannot follow. "
            "The second spelling needs a route of its own.",
        ),
        (
            response.status_code == 404,
            "With a slash at its end, this is another path than `/carparks`. Which of your routes has it?",
        ),
    )
    got = response.json()
    assert got == exactly(shown(carparks)), told(
        (got == old, OLD),
        "With the slash, the answer is not the array of all car parks.",
    )
    cars_leave(module, carparks, rng)
    response = client.get("/carparks/")
    assert response.json() == exactly(shown(carparks)), (
        "A number changed after the request before this one, and the answer is not the array as it is now."
    )


def test_emptiest_is_not_taken_for_a_code(module, carparks, old, client, rng):
    """`GET /carparks/emptiest` answers the one car park that has the most free spaces at this moment."""
    response = client.get("/carparks/emptiest")
    taken = "Routes are tried in the order in which they were defined. Did a path in braces catch the word “emptiest”?"
    assert response.status_code == 200, told((response.status_code in (404, 422, 500), taken))
    got, before = response.json(), emptiest(carparks)
    assert got == exactly(before), told(
        ("emptiest" in str(got), taken),
        (got in old, OLD),
        (
            got == min(shown(carparks), key=lambda carpark: carpark["free"]),
            "This is the fullest car park, the one with the fewest free spaces.",
        ),
        "This is not the car park with the most free spaces.",
    )
    cars_leave(module, carparks, rng)
    response = client.get("/carparks/emptiest")
    got = response.json()
    assert got == exactly(emptiest(carparks)), told(
        (
            got == before,
            "Until a moment ago this was the emptiest car park. The numbers have changed since, and the answer was kept.",
        ),
        "This is not the car park that has the most free spaces now.",
    )


def test_a_carpark_is_found_by_its_code(carparks, client):
    """`GET /carparks/{code}` answers the car park with that code."""
    for expected in shown(carparks):
        code = expected["code"]
        response = client.get(f"/carparks/{code}")
        assert response.status_code == 200, told(
            (
                response.status_code == 404,
                f"The code asked for is “{code}”, and `CARPARKS` has it. Either no route has this path, or your function "
                "did not find the code.",
            ),
            f"The code asked for is “{code}”, and `CARPARKS` has it at this moment.",
        )
        assert response.json() == exactly(expected), f"The code asked for is “{code}”."


def test_every_request_reads_the_data_again(module, carparks, old, client, rng):
    """When a number changes or a car park is added, the next answers of `/carparks` and `/carparks/{code}` show it."""
    response = client.get("/carparks")
    got = response.json()
    assert got == exactly(shown(carparks)), told((got == old, OLD), "This is not the array of all car parks.")
    for code in carparks:
        assert client.get(f"/carparks/{code}").status_code == 200, f"`CARPARKS` has “{code}”."
    stale = (
        "The data changed between two requests, and this answer does not show it. Was it kept from an earlier moment?"
    )
    changed, added = cars_leave(module, carparks, rng), rng.word(4)
    carparks[added] = {"name": rng.title(), "free": rng.randint(1, 300)}
    module.CARPARKS[added] = dict(carparks[added])
    response = client.get("/carparks")
    assert response.json() == exactly(shown(carparks)), stale
    for code in (changed, added):
        response = client.get(f"/carparks/{code}")
        assert response.status_code == 200, f"`CARPARKS` has “{code}” at this moment."
        assert response.json() == exactly({"code": code, **carparks[code]}), stale


def test_the_display_can_only_read(carparks, client, rng):
    """`/carparks` and `/carparks/{code}` answer `GET`, and 405 to `POST`, `PUT` and `DELETE`."""
    for path in ("/carparks", f"/carparks/{rng.choice(list(carparks))}"):
        response = client.get(path)
        assert response.status_code == 200
        for method in ("POST", "PUT", "DELETE"):
            response = client.request(method, path)
            assert response.status_code == 405, told(
                (response.status_code < 300, f"{method} {path} went through, and the sign may only read."),
                f"The sign may only read, so {method} {path} is to be refused, with 405.",
            )


def test_the_docs_list_the_routes(docs):
    """The docs list `GET` for `/carparks`, for `/carparks/emptiest` without parameters, and for `/carparks/{code}` with the path parameter `code`."""
    wanted = ["/carparks", "/carparks/emptiest", "/carparks/{code}"]
    listed = [path for path in wanted if "get" in docs.routes.get(path, ())]
    assert listed == wanted, told(
        (
            listed == ["/carparks", "/carparks/{code}"],
            "The docs do not know of `/carparks/emptiest`. They list what was defined as a route; two cases within one "
            "function are still one route.",
        ),
        "The docs do not list all three routes, under exactly these paths.",
    )
    assert docs.places("get", "/carparks/emptiest") == {}
    code = docs.places("get", "/carparks/{code}").get("code")
    assert code == "path, required", "The docs of `/carparks/{code}` have to list `code` as its path parameter."
