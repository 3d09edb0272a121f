"""Checks of q061: a router that brings along everything about orders."""

import sys

import pytest
from fastapi import APIRouter, FastAPI

from pytest_fastapi_kata.checks import exactly, told

CLOSED = {"detail": "The bakery is closed today"}
NO_SUCH_ORDER = {"detail": "No such order"}
NO_ROUTE = {"detail": "Not Found"}
ROUTES = {"/orders": {"get", "post"}, "/orders/count": {"get"}, "/orders/{number}": {"get"}}
TRAVELS = (
    "What is said where a router is included belongs to that place. What belongs to orders has to come along with the router "
    "itself."
)


class Bakery:
    """The bakery of this run: its orders, and what was taken."""

    def __init__(self, given, rng):
        self.rng = rng
        self.taken = []
        self.module = given("bakery", take=self.take)
        self.orders = self.module.orders
        self.orders.clear()
        for number in rng.numbers(5, 200, 9_000):
            self.put(number, *self.wanted().values())

    def put(self, number, product, pieces):
        self.orders[number] = {"number": number, "product": product, "pieces": pieces}
        return self.orders[number]

    def take(self, product, pieces):
        """In place of the bakery's own; the numbers are not simply the next ones."""
        self.taken.append((product, pieces))
        return self.put(max(self.orders) + self.rng.randint(2, 40), product, pieces)

    def wanted(self):
        return {"product": self.rng.title().lower(), "pieces": self.rng.randint(1, 40)}

    @property
    def known(self):
        return self.rng.choice(list(self.orders))

    @property
    def unknown(self):
        return self.rng.choice([number for number in range(200, 9_000) if number not in self.orders])

    @property
    def listed(self):
        return [self.orders[number] for number in sorted(self.orders)]

    def close(self):
        self.module.open_today = False

    def open(self):
        self.module.open_today = True


@pytest.fixture
def bakery(given, rng):
    """The bakery, in place before the learner's files are imported."""
    return Bakery(given, rng)


@pytest.fixture
def shop(bakery, app, client_for):
    """The learner's app, seen by a client that follows redirects: one check only is about these."""
    return client_for(app, follow_redirects=True)


@pytest.fixture
def router(bakery, load):
    """The learner's router, its module imported alone."""
    found = getattr(load("orders"), "router", None)
    assert isinstance(found, APIRouter), "`orders.py` has no `router` that is an `APIRouter`."
    return found


def including(router, **settings):
    """Another app that includes the router and does nothing else."""
    app = FastAPI()
    words = ", ".join(["orders.router", *(f"{name}={value!r}" for name, value in settings.items())])
    try:
        app.include_router(router, **settings)
    except Exception as error:
        raise AssertionError(
            f"Another app calls `include_router({words})`, and gets {type(error).__name__}: {error}. {TRAVELS}"
        ) from None
    return app


def open_day(response, story=""):
    """What a status that is no success means on an open day."""
    return told(
        (
            response.status_code == 404 and response.text == '{"detail":"Not Found"}',
            f"{story} No route has this path.",
        ),
        (response.status_code == 405, f"{story} There is a route with this path, but not for this method."),
        (response.status_code in (307, 308), f"{story} This is a redirect to another spelling of the path."),
        (
            response.status_code == 422,
            f"{story} FastAPI refuses something in this request, which is complete; `loc` in the answer says what.",
        ),
        (response.status_code == 503, f"{story} The bakery is open."),
        (response.status_code == 500, f"{story} An exception ended the request; it is shown below."),
        story,
    ).strip()


def day_off(response, story):
    """What another status than 503 means on a day off."""
    return told(
        (
            response.status_code < 300,
            f"{story} was served on a day off. Who asks `bakery.open_today`, when, and does their “no” end the request?",
        ),
        (
            response.status_code == 404 and response.text == '{"detail":"Not Found"}',
            f"{story}: no route has this path.",
        ),
        (
            response.status_code in (404, 422),
            f"{story} was looked at on a day off, before anybody asked whether the bakery is open.",
        ),
        (
            response.status_code == 500,
            f"{story} on a day off ended in an exception; it is shown below. It has to be one that every FastAPI app makes an "
            "answer of: other apps have no handler of yours.",
        ),
        f"{story}, on a day off.",
    )


def operation(docs, method, path):
    """What is documented; a path with a slash at its end will do, since that is the subject of another check."""
    slash = f"{path}/"
    return docs.operation(method, slash if method in docs.routes.get(slash, ()) and path not in docs.routes else path)


def tags_of(docs, method, path):
    return sorted(set(operation(docs, method, path).get("tags", [])))


def test_orders_are_taken_and_found(bakery, shop):
    """`GET /orders` lists the orders by number, `POST /orders` answers 201 with the order that `bakery.take` returns, `GET /orders/{number}` one order, or 404 `{"detail": "No such order"}`."""
    for _ in range(2):
        response = shop.get("/orders")
        assert response.status_code == 200, open_day(response)
        got = response.json()
        assert got == exactly(bakery.listed), told(
            (
                isinstance(got, list) and all(one in got for one in bakery.listed),
                "These are all the orders, but they do not come sorted by number.",
            ),
        )
        wanted = bakery.wanted()
        bakery.taken.clear()
        response = shop.post("/orders", json=wanted)
        assert response.status_code == 201, open_day(response)
        assert bakery.taken == [tuple(wanted.values())], (
            "This is what `bakery.take` was called with: product and pieces, once for each order."
        )
        order = bakery.orders[max(bakery.orders)]
        assert response.json() == exactly(order), "`bakery.take` returned another order than the one that was answered."
        for number in (order["number"], bakery.known):
            response = shop.get(f"/orders/{number}")
            assert response.status_code == 200, open_day(response)
            assert response.json() == exactly(bakery.orders[number])
    response = shop.get(f"/orders/{bakery.unknown}")
    assert response.status_code == 404, "The bakery has no order with this number."
    assert response.json() == exactly(NO_SUCH_ORDER)
    response = shop.get(f"/orders/{bakery.rng.word()}")
    assert response.status_code in (404, 422), "What stands in the place of the number is no number."


def test_the_list_answers_without_a_redirect(bakery, client):
    """`GET /orders` and `POST /orders` are answered at this very path: no redirect."""
    for method, status in (("GET", 200), ("POST", 201)):
        response = client.request(method, "/orders", json=bakery.wanted() if method == "POST" else None)
        where = response.headers.get("location", "")
        assert response.status_code == status, told(
            (
                response.status_code in (307, 308),
                f"{response.status_code} to {where}: this is where the list is, with a slash at its end. A prefix and a path are "
                "simply put together. What is left for the path, if the list is to be at `/orders`?",
            ),
            open_day(response),
        )


def test_count_is_not_taken_for_a_number(bakery, shop):
    """`GET /orders/count` answers 200 `{"orders": …}`, the number of orders."""
    for _ in range(2):
        response = shop.get("/orders/count")
        assert response.status_code == 200, told(
            (
                response.status_code == 422,
                "“count” was taken for the number of an order. Routes are tried in the order of their definition, and the "
                "first one that fits is taken.",
            ),
            open_day(response),
        )
        assert response.json() == exactly({"orders": len(bakery.orders)})
        bakery.put(bakery.unknown, *bakery.wanted().values())


def test_too_few_pieces_are_refused(bakery, shop):
    """`POST /orders` with 0 pieces or fewer, a part of a piece, without a product or without pieces is 422, and no order is taken; a single piece is fine."""
    product = bakery.rng.word()
    before = bakery.listed
    for body in (
        {"product": product, "pieces": 0},
        {"product": product, "pieces": -bakery.rng.randint(1, 9)},
        {"product": product, "pieces": bakery.rng.randint(1, 9) + 0.5},
        {"pieces": bakery.rng.randint(1, 9)},
        {"product": product},
    ):
        response = shop.post("/orders", json=body)
        assert response.status_code == 422, told(
            (response.status_code < 300 and "product" not in body, "Nobody can bake an order without a product."),
            (response.status_code < 300 and "pieces" not in body, "The order does not say how many pieces."),
            (
                response.status_code < 300 and body["pieces"] > 1,
                "Nobody sells half a piece: the number of pieces is an `int`.",
            ),
            (response.status_code < 300, "An order is for one piece or more."),
            open_day(response),
        )
        assert bakery.taken == [], "This was refused, and yet `bakery.take` was called for it."
        assert bakery.listed == before, "This was refused, and yet the orders are others now."
    response = shop.post("/orders", json={"product": product, "pieces": 1})
    assert response.status_code == 201, open_day(response, "One piece is enough.")
    assert bakery.taken == [(product, 1)], "This is what `bakery.take` was called with."


def test_closed_days_close_the_whole_router(bakery, shop):
    """On days off every route of the router answers 503 `{"detail": "The bakery is closed today"}`, also for an invalid number or body, and takes no order. Later it is open again."""
    requests = [
        ("GET", "/orders", None),
        ("POST", "/orders", bakery.wanted()),
        ("GET", "/orders/count", None),
        ("GET", f"/orders/{bakery.known}", None),
        ("GET", f"/orders/{bakery.unknown}", None),
        ("GET", f"/orders/{bakery.rng.word()}", None),
        ("POST", "/orders", {**bakery.wanted(), "pieces": 0}),
        ("POST", "/orders", {}),
    ]
    for _ in range(2):
        response = shop.get("/orders")
        assert response.status_code == 200, open_day(response, "This is an open day.")
        matched = shop.get(requests[5][1]).json() != NO_ROUTE
        bakery.taken.clear()
        before = bakery.listed
        bakery.close()
        for method, path, body in requests:
            response = shop.request(method, path, json=body)
            if not matched and path == requests[5][1] and response.status_code == 404:
                continue
            story = f"`{method} {path}`" if body is None else f"`{method} {path}` with {body}"
            assert response.status_code == 503, day_off(response, story)
            assert response.json() == exactly(CLOSED)
            assert bakery.taken == [], f"{story} was answered 503, and `bakery.take` was called all the same."
        assert bakery.listed == before, "The bakery was closed. These are its orders after it."
        bakery.open()
    response = shop.post("/orders", json=bakery.wanted())
    assert response.status_code == 201, open_day(response, "This is an open day again.")


def test_the_front_page_stays_open(bakery, shop):
    """`GET /` answers 200 `{"open": …}` with `bakery.open_today`, on days off, too."""
    for close in (False, True, False):
        bakery.close() if close else bakery.open()
        response = shop.get("/")
        assert response.status_code == 200, told(
            (
                response.status_code == 503,
                "The front page is to tell people that the bakery is closed. Whatever closes the orders closes this page, too.",
            ),
            open_day(response),
        )
        assert response.json() == exactly({"open": not close})


def test_the_router_works_in_another_app(bakery, router, client_for, docs_for):
    """`orders` is imported alone, and another app calls `include_router(orders.router)`: paths, answers, 503 and tags are there, too, and no module `app` comes along."""
    branch = including(router)
    _comes_alone()
    other = client_for(branch, follow_redirects=True)
    story = "Another app calls `include_router(orders.router)`."
    response = other.get("/orders")
    assert response.status_code == 200, told(
        (response.status_code == 404, f"{story} No route has this path there. {TRAVELS}"), open_day(response, story)
    )
    assert response.json() == exactly(bakery.listed)
    wanted = bakery.wanted()
    response = other.post("/orders", json=wanted)
    assert response.status_code == 201, open_day(response, story)
    assert response.json() == exactly(bakery.orders[max(bakery.orders)])
    number = bakery.known
    response = other.get(f"/orders/{number}")
    assert response.status_code == 200, open_day(response, story)
    assert response.json() == exactly(bakery.orders[number])
    bakery.taken.clear()
    bakery.close()
    for method, path, body in (
        ("GET", "/orders", None),
        ("POST", "/orders", bakery.wanted()),
        ("GET", f"/orders/{number}", None),
        ("GET", "/orders/count", None),
    ):
        response = other.request(method, path, json=body)
        assert response.status_code == 503, told(
            (
                response.status_code < 300,
                f"{story} It is a day off, and `{method} {path}` is served there. {TRAVELS}",
            ),
            day_off(response, f"{story} There, `{method} {path}`"),
        )
        assert response.json() == exactly(CLOSED)
    assert bakery.taken == [], "The bakery is closed, and in the other app an order was taken."
    docs = docs_for(branch)
    for path, methods in ROUTES.items():
        for method in sorted(methods):
            tags = tags_of(docs, method, path)
            assert tags == ["orders"], f"{story} These are the tags of {method.upper()} {path} there. {TRAVELS}"
    _comes_alone()


def _comes_alone():
    assert [name for name in sys.modules if name == "app"] == [], (
        "`orders` was imported, and the module `app` came along: the branch shop would get this app as well. Which of the two "
        "is to know of the other?"
    )


def test_a_route_added_later_is_part_of_it(bakery, router, client_for, docs_for):
    """A colleague adds a route to `router` and includes it in another app: the route stands below `/orders`, has the tag, lists a 503, and is closed on days off."""
    word, calls = bakery.rng.word(), []

    @router.get(f"/{{number}}/{word}")
    def added(number: int):
        calls.append(number)
        return {word: number}

    branch = including(router)
    other = client_for(branch, follow_redirects=True)
    number, path = bakery.known, f"/orders/{{number}}/{word}"
    story = f'A colleague writes `@router.get("/{{number}}/{word}")`.'
    response = other.get(f"/orders/{number}/{word}")
    assert response.status_code == 200, told(
        (
            response.status_code == 404,
            f"{story} The route is not below `/orders`. The router does not know that all its paths begin like this.",
        ),
        open_day(response, story),
    )
    assert response.json() == exactly({word: number})
    calls.clear()
    bakery.close()
    for value in (number, word):
        response = other.get(f"/orders/{value}/{word}")
        assert response.status_code == 503, told(
            (
                response.status_code < 300,
                f"{story} It is served on a day off. Somebody would have to think of the guard for each new route, and one day "
                "somebody will not.",
            ),
            (
                response.status_code == 422,
                f"{story} It is a day off, and the request was refused for something else: nobody asked whether the bakery is open.",
            ),
            day_off(response, f"{story} This route"),
        )
        assert response.json() == exactly(CLOSED)
    assert calls == [], f"{story} It answers 503 on a day off, but its function has run."
    docs = docs_for(branch)
    tags = tags_of(docs, "get", path)
    assert tags == ["orders"], f"{story} These are its tags. The other routes have theirs; who gives them to a new one?"
    statuses = sorted(docs.statuses("get", path))
    assert "503" in statuses, (
        f"{story} Like the others it can answer 503, and the docs list only these statuses for it."
    )


def test_a_branch_can_put_it_below_its_own_prefix(bakery, router, client_for, docs_for):
    """With a prefix and tags at `include_router`, `/branch` for instance, the paths are `/branch/orders…` and the tags `branch` and `orders`."""
    word = bakery.rng.word()
    branch = including(router, prefix=f"/{word}", tags=[word])
    other = client_for(branch, follow_redirects=True)
    story = f'A branch includes the router with `prefix="/{word}"`.'
    number = bakery.known
    for path, expected in (
        ("/orders", bakery.listed),
        ("/orders/count", {"orders": len(bakery.orders)}),
        (f"/orders/{number}", bakery.orders[number]),
    ):
        if path == "/orders/count" and other.get(f"/{word}{path}").status_code == 422:
            # The order of the routes is the subject of another check.
            continue
        response = other.get(f"/{word}{path}")
        assert response.status_code == 200, open_day(response, story)
        assert response.json() == exactly(expected)
    docs = docs_for(branch)
    for path, methods in ROUTES.items():
        for method in sorted(methods):
            tags = tags_of(docs, method, f"/{word}{path}")
            assert tags == sorted(["orders", word]), (
                f"A branch includes the router with the tag `{word}`. These are the tags of {method.upper()} /{word}{path}; "
                "the router's own tag stays with it."
            )
    bakery.close()
    response = other.get(f"/{word}/orders")
    assert response.status_code == 503, day_off(response, f"{story} There, `GET /{word}/orders`")


def test_the_docs_show_tag_and_503(docs):
    """In the OpenAPI document all four operations of the router have the tag `orders` and list a 503. `GET /` has neither."""
    for path, methods in ROUTES.items():
        for method in sorted(methods):
            what = f"{method.upper()} {path}"
            tags = tags_of(docs, method, path)
            assert tags == ["orders"], f"These are the tags of {what} in the docs."
            statuses = sorted(operation(docs, method, path).get("responses", {}))
            assert "503" in statuses, (
                f"The docs list these responses of {what}. What a dependency raises, they do not find out by themselves."
            )
    page = docs.operation("get", "/")
    got = {"tags": page.get("tags", []), "503": "503" in page.get("responses", {})}
    assert got == {"tags": [], "503": False}, "The front page has no tag, and is never closed."
