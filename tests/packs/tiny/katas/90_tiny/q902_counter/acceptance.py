"""Checks of q902."""

from pytest_fastapi_kata.checks import exactly


def test_counting_adds_one(client, rng):
    """`POST /count` answers the number after the one that was sent."""
    number = rng.randint(10, 99)
    response = client.post("/count", json={"number": number})
    assert response.status_code == 200
    assert response.json() == exactly({"next": number + 1})


async def test_counting_is_json(async_client):
    """`POST /count` answers a JSON object."""
    response = await async_client.post("/count", json={"number": 1})
    assert isinstance(response.json().get("next"), int), "There is no number under next."
