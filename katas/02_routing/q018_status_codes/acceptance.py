"""Checks of q018: which code says how it ended."""

from urllib.parse import urljoin, urlsplit

import pytest

from pytest_fastapi_kata.checks import exactly, told

NOT_SENT = (
    "Did you set it on the injected response, and return another one? A response of your own goes out as it is, and what "
    "was set on the injected one is lost."
)
ANOTHER_ADDRESS = "The address is to be kept letter by letter as it was sent."


@pytest.fixture
def made_up(rng):
    """Makes links that nobody has seen, as pairs of slug and address."""

    def make(count):
        slugs = [f"{word}-{rng.digits(2)}" for word in rng.words(count)]
        return {slug: f"https://{rng.word()}.example/{rng.word()}/{rng.digits(3)}" for slug in slugs}

    return make


@pytest.fixture
def stored(module, made_up):
    """The three links that the shortener has in this run, as the check remembers them."""
    links = made_up(3)
    module.LINKS.clear()
    module.LINKS.update(links)
    return dict(links)


@pytest.fixture
def new(made_up):
    """A slug that is free, and an address, one that some would tidy up."""
    slug, url = next(iter(made_up(1).items()))
    return slug, f"https://{url.split('/')[2]}?{url.rpartition('/')[2]}"


def another_address(response, slug, url):
    """Whether the answer is right but for the address."""
    got = response.json()
    return isinstance(got, dict) and got.get("slug") == slug and got.get("url", url) != url


def place_of(response):
    """The path of the Location header, whether it is relative or a whole address; None if there is no such header."""
    location = response.headers.get("location")
    return None if location is None else urlsplit(urljoin(str(response.request.url), location)).path


def test_creating_answers_201_with_a_location(stored, new, module, client):
    """`POST /links` with a free slug answers 201 and the link, says in `Location` where it is (`/links/<slug>`), and stores it in `LINKS`. A slug is free whenever it is not in `LINKS`."""
    slug, url = new
    response = client.post("/links", json={"slug": slug, "url": url})
    is_array = "json" in response.headers.get("content-type", "") and isinstance(response.json(), list)
    a_tuple = "The answer is a JSON array. Was the code returned beside the link, in a tuple? That is Flask's way; FastAPI takes a tuple for data."
    assert response.status_code == 201, told(
        (is_array, a_tuple),
        (
            response.status_code == 200,
            "A new link was stored, and 200 does not say so: the code for that is 201, Created.",
        ),
    )
    assert response.json() == exactly({"slug": slug, "url": url}), told(
        (is_array, a_tuple), (another_address(response, slug, url), ANOTHER_ADDRESS)
    )
    assert place_of(response) == f"/links/{slug}", told(
        (place_of(response) is None, f"The answer has no Location header. {NOT_SENT}"),
        "The Location header leads somewhere else than to the new link.",
    )
    assert dict(module.LINKS) == {**stored, slug: url}, (
        "The answer is right, but `LINKS` is not what it should be afterwards."
    )
    del module.LINKS[slug]
    again = client.post("/links", json={"slug": slug, "url": url})
    assert again.status_code == 201, (
        "The link was taken out of `LINKS`, and so its slug is free again. Where does your route look?"
    )
    assert dict(module.LINKS) == {**stored, slug: url}, "The link was created a second time, and is not in `LINKS`."


def test_a_taken_slug_answers_409_and_changes_nothing(stored, new, module, rng, client):
    """`POST /links` with a slug that is taken answers 409 and `{"detail": "Slug already taken"}`, has no `Location`, and leaves `LINKS` as it was, even if the address is the one that is stored."""
    slug = rng.choice(list(stored))
    for url in (new[1], stored[slug]):
        response = client.post("/links", json={"slug": slug, "url": url})
        assert response.status_code == 409, told(
            (
                response.status_code < 300 and "status_code" in response.text,
                "The code stands in the body and not in the status line. What a function returns is data, be it an exception; "
                "only a raised exception ends the request with its code.",
            ),
            (
                response.status_code < 300 and url == stored[slug],
                "The very same link was there already. It is taken all the same: nothing is created.",
            ),
            (response.status_code < 300, "The slug is taken by another link, and the answer says that all went well."),
        )
        assert response.json() == exactly({"detail": "Slug already taken"})
        assert place_of(response) is None, (
            "Nothing was created, so there is no place for a Location header to point to."
        )
        assert dict(module.LINKS) == stored, told(
            (
                module.LINKS.get(slug) != stored[slug],
                "The request was refused, and yet the old address is overwritten. First look, then store.",
            ),
            "The request was refused, and yet `LINKS` has changed.",
        )


def test_put_on_a_free_slug_answers_201(stored, new, module, client):
    """`PUT /links/{slug}` on a free slug answers 201 and the link, says in `Location` where it is, and stores it in `LINKS`."""
    slug, url = new
    response = client.put(f"/links/{slug}", json={"url": url})
    assert response.status_code == 201, told(
        (response.status_code == 200, "The slug was free, so a link was created: 201, not 200."),
        (
            response.status_code == 404 and "Not Found" not in response.text,
            "PUT does not need the link to be there: on a free slug it creates it.",
        ),
    )
    assert response.json() == exactly({"slug": slug, "url": url}), told(
        (another_address(response, slug, url), ANOTHER_ADDRESS)
    )
    assert place_of(response) == f"/links/{slug}", told(
        (place_of(response) is None, f"A link was created and the answer has no Location header. {NOT_SENT}"),
        "The Location header leads somewhere else than to the new link.",
    )
    assert dict(module.LINKS) == {**stored, slug: url}, (
        "The answer is right, but `LINKS` is not what it should be afterwards."
    )


def test_put_on_an_existing_slug_answers_200(stored, new, module, rng, client):
    """`PUT /links/{slug}` on a slug that is there answers 200 and the link without a `Location`, and replaces the address in `LINKS`. The second `PUT` of a new link is such a one, too."""
    slug, url = rng.choice(list(stored)), new[1]
    response = client.put(f"/links/{slug}", json={"url": url})
    assert response.status_code == 200, told(
        (
            response.status_code == 201,
            (
                "The slug was there already: nothing was created. The code in a decorator is the same for every outcome; "
                "this route has two."
            ),
        ),
    )
    assert response.json() == exactly({"slug": slug, "url": url}), told(
        (another_address(response, slug, url), ANOTHER_ADDRESS)
    )
    assert place_of(response) is None, "A link was replaced, not created, so the answer has no Location."
    assert dict(module.LINKS) == {**stored, slug: url}, (
        "The answer is right, but `LINKS` is not what it should be afterwards."
    )
    another, url = new
    twice = [client.put(f"/links/{another}", json={"url": url}).status_code for _ in range(2)]
    assert twice == [201, 200], (
        "The same new link was put twice: the first time creates it, the second time replaces it."
    )


def test_deleting_answers_204_with_an_empty_body(stored, module, rng, client):
    """`DELETE /links/{slug}` answers 204 with an empty body. This link is gone from `LINKS`, the others are still there."""
    slug = rng.choice(list(stored))
    response = client.delete(f"/links/{slug}")
    assert response.status_code == 204, told(
        (
            response.status_code == 200,
            "The link was deleted and there is nothing more to say: that is 204, No Content.",
        ),
    )
    assert response.text == "", (
        "204 means that there is no body at all. A real server breaks the connection when an app sends one, "
        "and `null` is a body of four bytes."
    )
    del stored[slug]
    assert dict(module.LINKS) == stored, told(
        (slug in module.LINKS, "The answer says that the link is deleted, and it is still in `LINKS`."),
        "Other links than the deleted one are gone or changed.",
    )


def test_deleting_what_is_not_there_answers_404(stored, new, module, rng, client):
    """`DELETE /links/{slug}` answers 404 and `{"detail": "No such link"}` if there is no such link, be it that it never was, or that it is deleted already."""
    slug = rng.choice(list(stored))
    response = client.delete(f"/links/{slug}")
    assert response.status_code == 204, "Before the second deletion comes the first, and that one is to succeed."
    for missing in (slug, new[0]):
        response = client.delete(f"/links/{missing}")
        assert response.status_code == 404, told(
            (
                response.status_code == 204,
                "There was nothing to delete, and the answer says that something was deleted.",
            ),
            (
                response.status_code == 200,
                "An error is raised, not returned: what is returned is data, and goes out with 200.",
            ),
        )
        assert response.json() == exactly({"detail": "No such link"})
    del stored[slug]
    assert dict(module.LINKS) == stored, "A deletion that found nothing has changed `LINKS`."


def test_the_docs_promise_the_right_codes(docs):
    """The docs list 201 and not 200 for `POST /links`; for `DELETE /links/{slug}` they list 204, without content, and not 200."""
    unaware = (
        "A code that is set while the function runs is unknown to the docs: they are made from what the decorator says."
    )
    for method, path, success in (("post", "/links", "201"), ("delete", "/links/{slug}", "204")):
        promised = sorted({"200", success} & docs.statuses(method, path))
        assert promised == [success], (
            f"{method.upper()} {path}: the docs promise other codes of success than the contract. {unaware}"
        )
    content = docs.operation("delete", "/links/{slug}")["responses"]["204"].get("content") or {}
    assert sorted(content) == [], "The docs describe a body for 204, which has none."
