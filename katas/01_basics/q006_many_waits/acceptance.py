"""Checks of q006: who waits, where, and how the answer is written."""

import asyncio
import threading
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pytest_fastapi_kata.checks import exactly, told


class Harbour:
    """The carriers of one check: their fares, every call that was made, and a gate if there is one."""

    def __init__(self, rng, given, carriers):
        self.rng = rng
        self.calls = []
        self.places = []
        self.gate = None
        self.module = given("carriers", CARRIERS=carriers, ask=self.ask)
        self.fares = {}

    @property
    def carriers(self):
        return self.module.CARRIERS

    def offer(self, route, prices):
        """Put up fares for a route, one price for each carrier."""
        for carrier, price in zip(self.carriers, prices, strict=True):
            departs = datetime(
                2026, self.rng.randint(5, 9), self.rng.randint(1, 28), self.rng.randint(4, 22), 15, tzinfo=UTC
            )
            commission = Decimal(self.rng.randint(101, 999)) / 1000
            self.fares[route, carrier] = self.module.Fare(carrier, Decimal(price), departs, commission)

    def shown(self, route):
        """The answer that the contract wants for a route."""
        fares = sorted((self.fares[route, carrier] for carrier in self.carriers), key=lambda fare: fare.price)
        return {
            "route": route,
            "fares": [
                {"carrier": fare.carrier, "price": str(fare.price), "departs": f"{fare.departs:%Y-%m-%dT%H:%M:%SZ}"}
                for fare in fares
            ],
        }

    async def ask(self, carrier, route):
        self.calls.append(carrier)
        self.places.append((threading.get_ident(), asyncio.get_running_loop()))
        fare = self.fares[route, carrier]
        await (self.gate.passed() if self.gate else asyncio.sleep(0))
        return fare


@pytest.fixture
def harbour(given, rng):
    """Four carriers of this run, put in the place of `carriers.py` before the app is imported."""
    return Harbour(rng, given, [f"{name} Lines" for name in rng.names(4)])


@pytest.fixture
def route(rng):
    return "-".join(rng.words(2))


def prices(rng):
    """Four different prices, in no kind of order. As text, the dearest would come first; two differ only in their cents."""
    euros, (low, high) = rng.randint(11, 98), sorted(rng.numbers(2, 10, 99))
    dear, cheap, dearest, cheapest = f"{euros}.{high}", f"{euros}.{low}", "100.10", "9.50"
    return rng.choice(
        [[dear, cheap, dearest, cheapest], [dear, dearest, cheapest, cheap], [dearest, cheapest, dear, cheap]]
    )


def order_is_by(key, harbour, route, carriers):
    """Whether these carriers, if they are carriers, stand in the order that this key of their price gives."""
    found = [harbour.fares.get((route, str(carrier))) for carrier in carriers]
    return None not in found and found == sorted(found, key=lambda fare: key(fare.price))


def fares_in(body):
    """The entries of `fares`, or an empty list if that is not what the answer has."""
    fares = body.get("fares") if isinstance(body, dict) else None
    return fares if isinstance(fares, list) and all(isinstance(fare, dict) for fare in fares) else []


async def test_all_fares_come_back_cheapest_first(harbour, async_client, route, rng):
    """`GET /fares/{route}` answers 200 with one entry in `fares` for each carrier, the cheapest first."""
    harbour.offer(route, prices(rng))
    response = await async_client.get(f"/fares/{route}")
    assert response.status_code == 200, told(
        (
            response.status_code == 500,
            "An exception ended the request; it is shown below. If it speaks of a coroutine: calling an `async def` gives only that, a "
            "call that has not begun. There is a fare once it was awaited.",
        ),
    )
    got = [fare.get("carrier") for fare in fares_in(response.json())]
    expected = [fare["carrier"] for fare in harbour.shown(route)["fares"]]
    assert got == expected, told(
        (
            sorted(map(str, got)) != sorted(expected),
            "These are the names of the carriers in `fares`, in the order in which they came. Each carrier has to be there once.",
        ),
        (
            got == harbour.carriers,
            "All carriers are there, in the order in which `CARRIERS` names them, whatever their prices are.",
        ),
        (
            order_is_by(str, harbour, route, got),
            "All carriers are there, in the order of their prices as text. As a number, 9.50 is less than 100.10.",
        ),
        (
            order_is_by(int, harbour, route, got),
            "All carriers are there, and the whole euros are in order. Of two fares that differ only in their cents, the dearer came first.",
        ),
        "All carriers are there, and they are not in the order of their prices.",
    )


async def test_answer_is_written_from_its_declared_type(harbour, async_client, route, rng):
    """The answer is `route` and `fares`. In an entry, `price` is a string with all digits of the price, and `departs` is in ISO 8601 and ends in `Z`."""
    harbour.offer(route, ["19.50", *(f"{euros}.00" for euros in rng.numbers(3, 100, 900))])
    response = await async_client.get(f"/fares/{route}")
    assert response.status_code == 200
    got, expected = response.json(), harbour.shown(route)
    # Their order is the affair of another check, and so is the commission.
    expected["fares"].sort(key=lambda fare: fare["carrier"])
    if fares_in(got):
        plain = [{key: value for key, value in fare.items() if key != "commission"} for fare in fares_in(got)]
        got["fares"] = sorted(plain, key=lambda fare: str(fare.get("carrier")))
    numbers = any(isinstance(fare.get("price"), int | float) for fare in fares_in(got))
    assert got == exactly(expected), told(
        (
            "+00:00" in response.text and numbers,
            "A price as a number and a time with +00:00 are the work of a general encoder, which takes any object as it comes. "
            "Pydantic writes a string and a `Z` when it knows the type from a declared answer, and when it is left to write it.",
        ),
        (
            numbers,
            "The prices came as numbers, which keep no zeros at their end. What is declared as a `Decimal` is written as a string.",
        ),
        (
            "+00:00" in response.text,
            "The times end in +00:00 instead of `Z`. Pydantic writes the `Z`, if the field is declared as the `datetime` that it is.",
        ),
    )


async def test_commission_stays_inside(harbour, async_client, route, rng):
    """The answer has the keys `route` and `fares`, an entry has `carrier`, `price` and `departs`; there are no others."""
    harbour.offer(route, prices(rng))
    response = await async_client.get(f"/fares/{route}")
    assert response.status_code == 200
    body = response.json()
    keys = {
        "answer": sorted(body) if isinstance(body, dict) else body,
        "entries": sorted({key for fare in fares_in(body) for key in fare}),
    }
    assert keys == {"answer": ["fares", "route"], "entries": ["carrier", "departs", "price"]}, told(
        (
            "commission" in keys["entries"],
            "Every traveller can now read what we earn. The declared type of an answer is a filter, too: what it does not name stays inside.",
        ),
        "These are the keys that the answer and its entries have.",
    )


async def test_every_carrier_is_asked_before_any_has_answered(harbour, async_client, route, rng, rendezvous):
    """All carriers have been asked, each once, before any of them has answered."""
    harbour.offer(route, prices(rng))
    count = len(harbour.carriers)
    with rendezvous(count) as harbour.gate:
        response = await async_client.get(f"/fares/{route}")
    assert response.status_code == 200
    assert f"{harbour.gate.held} of {count} were asked" == f"{count} of {count} were asked", (
        "In this check no carrier answers until the last one has been asked. An `await` in a loop waits for one answer before "
        "it asks the next carrier: `async` alone does nothing at the same time."
    )
    assert sorted(harbour.calls) == sorted(harbour.carriers), (
        "These carriers were asked. Each of them expects one call."
    )


async def test_two_hundred_requests_wait_together(harbour, async_client, rng, rendezvous):
    """200 requests can be waiting for their carriers at the same time, and each of them gets the fares of its own route."""
    routes = [f"{word}-{rng.word(2)}" for word in rng.words(200)]
    for route in routes:
        harbour.offer(route, prices(rng))
    expected = len(routes) * len(harbour.carriers)
    with rendezvous(expected) as harbour.gate:
        responses = await asyncio.gather(*(async_client.get(f"/fares/{route}") for route in routes))
    statuses = Counter(response.status_code for response in responses)
    assert statuses == {200: len(routes)}, "These are the statuses of 200 requests, each with its number."
    arrived = harbour.gate.held
    assert f"{arrived} calls of {expected} were waiting" == f"{expected} calls of {expected} were waiting", told(
        (
            arrived >= len(routes) and arrived % len(routes) == 0,
            f"200 requests came at once, and each of them was waiting for {arrived // len(routes)} of its {len(harbour.carriers)} "
            "carriers. It had to wait for all of them at once.",
        ),
        "200 requests came at once, and the others had to queue. A `def` endpoint holds a thread for as long as it waits, and by "
        "default there are 40 of them. Waiting on the event loop holds none.",
    )
    for route, response in zip(routes, responses, strict=True):
        assert _prices(response.json()) == _prices(harbour.shown(route)), (
            f"These are the prices that the request for {route} was given."
        )


def _prices(body):
    return {str(fare.get("carrier")): two_digits(fare.get("price")) for fare in fares_in(body)}


def two_digits(price):
    """A price as text with two digits, however it was written; what is no price stays as it is."""
    try:
        return f"{Decimal(str(price)):.2f}"
    except ArithmeticError:
        return price


async def test_waiting_happens_on_the_servers_own_loop(harbour, async_client, route, rng):
    """Carriers are asked on the event loop that serves the app, in its thread."""
    harbour.offer(route, prices(rng))
    response = await async_client.get(f"/fares/{route}")
    assert response.status_code == 200
    thread, loop = threading.get_ident(), asyncio.get_running_loop()
    got = Counter(
        f"{'the server’s' if place[1] is loop else 'another'} loop, {'its' if place[0] == thread else 'another'} thread"
        for place in harbour.places
    )
    assert got == {"the server’s loop, its thread": len(harbour.carriers)}, (
        "These are the places from which carriers were asked, and how often. A `def` endpoint runs in another thread, and "
        "`asyncio.run` starts a new loop each time; connections that belong to the server's loop cannot be used there."
    )


async def test_each_request_asks_afresh(harbour, async_client, route, rng):
    """A second request for the same route asks every carrier again, once, and shows the new fares."""
    for number in ("first", "second"):
        harbour.offer(route, prices(rng))
        harbour.calls.clear()
        response = await async_client.get(f"/fares/{route}")
        assert response.status_code == 200
        assert sorted(harbour.calls) == sorted(harbour.carriers), (
            f"These carriers were asked for the {number} request. Fares move all the time, so every request asks each of them once."
        )
        assert _prices(response.json()) == _prices(harbour.shown(route)), (
            f"The prices of the {number} request are not those that were given."
        )


def test_docs_know_the_answer(docs):
    """The docs show a 200 answer with the properties `route` and `fares`, and the items of `fares` with `carrier`, `price` and `departs`, no others."""
    answer = docs.answer("get", "/fares/{route}") or {}
    properties = answer.get("properties", {})
    entries = properties.get("fares", {}).get("items", {}).get("properties", {})
    listed = {"answer": sorted(properties), "entries": sorted(entries)}
    assert listed == {"answer": ["fares", "route"], "entries": ["carrier", "departs", "price"]}, told(
        (
            not properties,
            "The docs know nothing about the answer. They take it from its declared type, and found no fields there.",
        ),
        "These are the properties that the docs show.",
    )
