"""Checks of q901."""

from pytest_fastapi_kata.checks import exactly, told


def test_a_guest_is_greeted(client, rng):
    """`GET /greetings/{name}` answers an object with the name under `hello`."""
    hidden_word_of_the_check = rng.word()
    response = client.get(f"/greetings/{hidden_word_of_the_check}")
    assert response.status_code == 200, told((response.status_code == 404, "There is no such route yet."))
    assert response.json() == exactly({"hello": hidden_word_of_the_check}), "This is not the greeting."


def test_nobody_is_unknown(client, rng):
    """`GET /greetings/nobody` answers 404, and others are greeted."""
    assert client.get(f"/greetings/{rng.word()}").status_code == 200
    response = client.get("/greetings/nobody")
    assert response.status_code == 404, "Somebody greeted nobody."


def test_the_docs_know_the_greeting(docs):
    """The docs list `GET /greetings/{name}`."""
    assert docs.routes.get("/greetings/{name}") == {"get"}
