"""Checks of q085: who is asked when and how often, what opens connections, and what goes over the wire."""

import asyncio
import gzip
import json
import zlib
from collections import Counter
from urllib.parse import quote

import pytest

from pytest_fastapi_kata.checks import told, value_at

UNAVAILABLE = {"detail": "supplier unavailable"}
AT_ONCE = ("weather", "hotels", "events")
TURNS, LATE = 5, 25
"""Turns of the event loop that an answer takes, and a failure that comes after all answers."""


class Market:
    """The suppliers of this run: what they answer, when they fail, and what they were asked."""

    def __init__(self, suppliers, rng):
        self.rng = rng
        self.error = suppliers.SupplierError
        self.cities, self.rates, self.failing = {}, {}, {}
        self.calls = []
        self.opened = self.closed = 0
        self.gate = None
        self.complaint = ""
        suppliers.Suppliers = connections_of(self)

    def city(self, hotels=3, events=2):
        """A city that the suppliers know from now on."""
        city = self.rng.title()
        self.cities[city] = {
            "weather": {"sky": self.rng.word(), "celsius": self.rng.randint(-15, 38)},
            "hotels": [
                {"id": f"{self.rng.word()}-{self.rng.digits(6)}", "name": self.rng.title()} for _ in range(hotels)
            ],
            "events": [self.rng.title(3) for _ in range(events)],
        }
        rates = self.rng.numbers(hotels, 40, 600)
        self.rates |= {hotel["id"]: rate + 0.5 for hotel, rate in zip(self.hotels(city), rates, strict=True)}
        return city

    def hotels(self, city):
        return self.cities[city]["hotels"]

    def page(self, city):
        """The page of a city, as it is to be."""
        hotels = [{**hotel, "price": self.rates[hotel["id"]]} for hotel in self.hotels(city)]
        return {"city": city, **self.cities[city], "hotels": hotels}

    def fail(self, *parts, turns=0):
        """From now on these suppliers fail and no others do, each after so many turns of the event loop."""
        self.failing = dict.fromkeys(parts, turns)

    def complain(self, what):
        self.complaint = what
        raise RuntimeError(what)

    async def ask(self, part, loop, answer):
        """Deal with a call: note it, hold it, and answer or fail."""
        self.calls.append(part)
        if loop is None:
            self.complain("A `Suppliers` was asked that is not open: nobody has entered it, or it is closed already.")
        if loop is not asyncio.get_running_loop():
            self.complain("A `Suppliers` was asked on another event loop than the one on which it was opened.")
        if self.gate is not None and part in AT_ONCE:
            await self.gate.passed()
        for _ in range(self.failing.get(part, TURNS)):
            await asyncio.sleep(0)
        if part in self.failing:
            raise self.error(f"{part} cannot be reached")
        return answer()

    def look_up(self, city, part):
        if city not in self.cities:
            self.complain(f"A supplier was asked for {city!r}, and that is not the city of the path.")
        found = self.cities[city][part]
        return json.loads(json.dumps(found))

    def rates_of(self, ids):
        unknown = [one for one in ids if not isinstance(one, str) or one not in self.rates]
        if unknown:
            self.complain(f"A price was asked for {unknown[0]!r}, and that is not the id of a hotel.")
        order = self.rng.shuffled(ids)
        while order == ids and len(ids) > 1:
            order = self.rng.shuffled(ids)
        return {one: self.rates[one] for one in order}


def connections_of(market):
    """A class `Suppliers` that asks this market."""

    class Suppliers:
        _loop = None

        async def __aenter__(self):
            await asyncio.sleep(0)
            market.opened += 1
            self._loop = asyncio.get_running_loop()
            return self

        async def __aexit__(self, *exc_info):
            await asyncio.sleep(0)
            market.closed += 1
            self._loop = None

        async def weather(self, city):
            return await market.ask("weather", self._loop, lambda: market.look_up(city, "weather"))

        async def hotels(self, city):
            return await market.ask("hotels", self._loop, lambda: market.look_up(city, "hotels"))

        async def events(self, city):
            return await market.ask("events", self._loop, lambda: market.look_up(city, "events"))

        async def price(self, hotel_id):
            return await market.ask("price", self._loop, lambda: market.rates_of([hotel_id])[hotel_id])

        async def prices(self, hotel_ids):
            return await market.ask("prices", self._loop, lambda: market.rates_of(list(dict.fromkeys(hotel_ids))))

    return Suppliers


@pytest.fixture
def market(given, rng):
    """The suppliers, in place before the learner's app is imported."""
    return Market(given("suppliers"), rng)


@pytest.fixture
def app(market, app):
    """The learner's app, imported after the suppliers were put in place."""
    del market
    return app


@pytest.fixture(autouse=True)
async def quiet_loop():
    """What a task of the learner's raises when nobody waits for it any more ends no check."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)


def target(city):
    return f"/trips/{quote(city)}"


async def shows(server, market, city, **options):
    """Ask for a page that has to be there, and return the answer."""
    market.complaint = ""
    response = await server.request("GET", target(city), **options)
    assert response.status_code == 200, told(
        (market.complaint != "", market.complaint),
        (response.status_code == 502, "No supplier has failed for this page."),
    )
    return response


def priceless(page):
    """The page without the prices of its hotels."""
    hotels = value_at(page, "hotels")
    if not isinstance(hotels, list) or not all(isinstance(hotel, dict) for hotel in hotels):
        return page
    return {**page, "hotels": [{key: hotel[key] for key in hotel if key != "price"} for hotel in hotels]}


async def test_page_brings_everything_together(market, app, asgi, rng):
    """`GET /trips/{city}` answers the city, its weather, its hotels in the supplier's order, each with its own price, and its events. Every page shows what the suppliers say at that moment."""
    async with asgi(app) as server:
        for hotels in (6, 4):
            city = market.city(hotels)
            response = await shows(server, market, city)
            got, expected = response.json(), market.page(city)
            listed = value_at(got, "hotels")
            assert got == expected, told(
                (
                    priceless(got) == priceless(expected),
                    "All is there, but these are not the prices of these hotels. `prices` gives them in no particular order: "
                    "what tells which price belongs to which hotel?",
                ),
                (
                    isinstance(listed, list)
                    and listed != expected["hotels"]
                    and sorted(map(str, listed)) == sorted(map(str, expected["hotels"])),
                    "These are the right hotels, but not in the order in which the supplier gives them.",
                ),
            )
        before = market.page(city)
        market.cities[city]["weather"] = {"sky": rng.word(4), "celsius": rng.randint(-15, 38)}
        market.cities[city]["events"] = rng.words(3, 4)
        market.rates |= {hotel["id"]: market.rates[hotel["id"]] + 1000 for hotel in market.hotels(city)}
        response = await shows(server, market, city)
        got = response.json()
        assert got == market.page(city), told(
            (got == before, "This is the page of a moment ago. The suppliers say something else by now."),
            "Weather, events and prices have changed since the last page of this city.",
        )


async def test_suppliers_are_asked_at_the_same_time(market, app, asgi, rendezvous):
    """Weather, hotels and events hold their answers until all three were asked. Then two visitors come, and the six calls of both are held in the same way."""
    async with asgi(app) as server:
        city = market.city()
        with rendezvous(3) as gate:
            market.gate = gate
            response = await shows(server, market, city)
        assert f"{gate.held} of 3" == "3 of 3", told(
            (
                gate.held == 0,
                "Not one of the three was asked for this page.",
            ),
            (
                gate.held == 1,
                "One supplier was asked, and the next one only when that call was over. `await` waits; what is to run at the "
                "same time has to be started before it is waited for.",
            ),
            (
                gate.held == 2,
                "Two suppliers were asked at once, and the third only when these calls were over. It needs nothing from them.",
            ),
            "So many calls came while none of the three was answered.",
        )
        assert response.json() == market.page(city)
        cities = [market.city(), market.city()]
        with rendezvous(6) as gate:
            market.gate = gate
            calls = [server.start("GET", target(one)) for one in cities]
            replies = [await call.reply() for call in calls]
        assert f"{gate.held} of 6" == "6 of 6", told(
            (
                gate.held == 3,
                "Two visitors came. The suppliers were asked for the first one, and for the second only when that page was done.",
            ),
            "Two visitors came, and so many calls were made before any was answered.",
        )
        got = [reply.json() for reply in replies]
        assert got == [market.page(one) for one in cities], "These are the pages of two visitors at the same time."


async def test_connections_are_opened_once(market, app, asgi):
    """No `Suppliers` is opened by the import, one by the start of the app, no further one by six requests, of which three come at once; it is closed when the app shuts down."""
    assert market.opened == 0, "Importing `app.py` opened connections. Whoever imports the app may never start it."
    async with asgi(app) as server:
        opened = market.opened
        assert opened == 1, told(
            (
                opened == 0,
                "The app has started up, and no `Suppliers` is open. The first visitor should find it ready.",
            ),
            "So many times a `Suppliers` was opened when the app started up.",
        )
        cities = [market.city() for _ in range(6)]
        replies = [await shows(server, market, city) for city in cities[:3]]
        replies += [await call.reply() for call in [server.start("GET", target(city)) for city in cities[3:]]]
        got = [reply.json() for reply in replies]
        assert got == [market.page(city) for city in cities], "These are six pages, three in a row and three at once."
        opened = market.opened
        assert opened == 1, (
            "So many times a `Suppliers` was opened, for one start and six pages. Opening is costly, and what was opened at "
            "the start can be shared."
        )
        assert market.closed == 0, "The `Suppliers` was closed while the app was still running."
    closed = market.closed
    assert closed == 1, told(
        (closed == 0, "The app has shut down, and its connections are still open."),
        "So many times a `Suppliers` was closed when the app shut down.",
    )


async def test_prices_come_in_one_call(market, app, asgi, rng):
    """A page with four to nine hotels asks each supplier once, `prices` for all hotels together. A page without hotels does not ask for prices."""
    async with asgi(app) as server:
        for hotels in (*rng.sample(range(4, 10), 2), 1, 0):
            city = market.city(hotels)
            market.calls.clear()
            response = await shows(server, market, city)
            calls = dict(Counter(market.calls))
            assert calls == dict.fromkeys((*AT_ONCE, *(["prices"] if hotels else [])), 1), told(
                (
                    calls.get("price", 0) == hotels > 1,
                    f"This page has {hotels} hotels, and each of them cost a call. Also side by side, that is one call for each "
                    "hotel; there is a way to ask for all of them together.",
                ),
                (
                    calls.get("prices", 0) > 1,
                    f"This page has {hotels} hotels, and `prices` was called {calls.get('prices')} times.",
                ),
                (
                    hotels == 0 and "prices" in calls,
                    "There are no hotels in this city, and the price supplier was asked all the same.",
                ),
                f"So often the suppliers were asked for one page with {hotels} hotel{'s' * (hotels != 1)}.",
            )
            assert response.json() == market.page(city), f"This city has {hotels} hotel{'s' * (hotels != 1)}."


async def test_events_are_optional(market, app, asgi):
    """If events raise `SupplierError`, at once or late, the page is shown with `"events": []`; the next page has events again."""
    async with asgi(app) as server:
        for turns, when in ((0, "at once"), (LATE, "after the others had answered")):
            city = market.city()
            market.fail("events", turns=turns)
            response = await server.request("GET", target(city))
            what = f"Only the events failed ({when}), and a page without them is still a page."
            assert response.status_code == 200, told(
                (market.complaint != "", market.complaint),
                (response.status_code == 404, ""),
                what,
            )
            assert response.json() == {**market.page(city), "events": []}, what
            market.fail()
            response = await shows(server, market, city)
            assert response.json() == market.page(city), "Nothing fails any more, and the events are there again."


async def test_missing_part_is_a_bad_gateway(market, app, asgi):
    """If weather, hotels or prices raise `SupplierError`, at once or late, alone or together with another one, the answer is 502 `{"detail": "supplier unavailable"}`; the next page works again."""
    parts = (["weather"], ["hotels"], ["prices"], ["weather", "hotels"], ["hotels", "events"], ["prices", "events"])
    async with asgi(app) as server:
        city = market.city()
        await shows(server, market, city)
        for failing in parts:
            for turns in (0, LATE):
                market.fail(*failing, turns=turns)
                market.complaint = ""
                response = await server.request("GET", target(city))
                who = " and ".join(failing)
                assert response.status_code == 502, told(
                    (market.complaint != "", market.complaint),
                    (
                        response.status_code == 500,
                        f"{who.capitalize()} failed, and the error left your code as something that it does not deal with. "
                        "What exactly is raised at the place where it is awaited?",
                    ),
                    (
                        response.status_code == 200 and "price" in market.calls and failing[0] == "prices",
                        "The supplier of all prices failed, and this page did not even ask it.",
                    ),
                    (
                        response.status_code == 200,
                        f"{who.capitalize()} failed, and only events may be left out of a page.",
                    ),
                )
                assert response.json() == UNAVAILABLE
                market.fail()
                response = await shows(server, market, city)
                assert response.json() == market.page(city), f"{who.capitalize()} failed once, and all work again."


def unpacked(response):
    """The body of an answer that says it is compressed with gzip."""
    try:
        return gzip.decompress(response.body)
    except (OSError, EOFError, zlib.error) as error:
        raise AssertionError(f"The answer says `Content-Encoding: gzip`, and cannot be unpacked: {error}") from None


def as_json(body):
    try:
        return json.loads(body)
    except ValueError:
        raise AssertionError(f"The body, unpacked, is no JSON: {body[:60]!r}…") from None


async def test_large_pages_are_compressed(market, app, asgi):
    """A page of 1000 bytes or more is compressed with gzip, and says so, for clients that accept gzip. Smaller pages, and pages for other clients, are not."""

    async def plain(city, *headers):
        """The page as a client gets it that does not accept gzip."""
        response = await shows(server, market, city, headers=headers)
        sent = (
            f"The request was sent with `Accept-Encoding: {headers[0][1]}`"
            if headers
            else "The request had no `Accept-Encoding`"
        )
        encoding = response.header("content-encoding")
        assert encoding is None, f"{sent}. A client that does not accept gzip may not be able to read it."
        assert response.json() == market.page(city)
        return len(response.body)

    async def page_of(size):
        """A city with a page of so many bytes."""
        city = market.city(2, 1)
        while (missing := size - await plain(city)) != 0:
            assert missing > 0, (
                f"Not compressed, a page with two hotels and few events has {-missing} bytes more than {size}."
            )
            events = market.cities[city]["events"]
            events += [market.rng.title(3) for _ in range(missing // 30)]
            if missing < 30:
                events[0] += "." * missing
        return city

    async with asgi(app) as server:
        large, empty = market.city(60), market.city(0, 0)
        await plain(large)
        await plain(large, ("Accept-Encoding", "identity"))
        await plain(large, ("Accept-Encoding", "br, deflate"))
        for city in (large, empty, *[await page_of(size) for size in (700, 999, 1000)]):
            length = await plain(city)
            response = await shows(server, market, city, headers=[("Accept-Encoding", "gzip, deflate, br")])
            what = f"The client accepts gzip, and this page has {length} bytes when it is not compressed."
            encoding = response.header("content-encoding")
            assert encoding == ("gzip" if length >= 1000 else None), told(
                (length < 1000, f"{what} That is less than 1000, and it was compressed."),
                (length == 1000, f"{what} From 1000 bytes on, a page is compressed."),
                what,
            )
            if length < 1000:
                assert response.json() == market.page(city)
                continue
            assert as_json(unpacked(response)) == market.page(city), "This is the page after unpacking."
            vary = (response.header("vary") or "(no header)").lower()
            assert "accept-encoding" in vary, (
                "The page was compressed, and its `Vary` does not say so: a cache on the way would hand it to clients that "
                "cannot read it."
            )
            if city == large:
                assert len(response.body) < length, f"{what} Compressed it is no smaller."
