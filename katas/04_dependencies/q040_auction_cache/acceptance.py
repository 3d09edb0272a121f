"""Checks of q040: what is cached, and for how long."""

from itertools import count, cycle
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Security

from pytest_fastapi_kata.checks import exactly, quoted, told, value_at

NAMES = ("rate", "fees", "hammer_price", "premium", "receipt", "clerk", "entitled")
EUROS = ("hammer", "premium", "euros")


class House:
    """The given file with lots, clerks, rates and numbers of this run, all of which are counted."""

    def __init__(self, auction, rng):
        self.auction, self.rng = auction, rng
        self.rates = cycle([number / 1000 for number in rng.sample(range(500, 1500, 25), 40)])
        self.fee = rng.randint(10, 35) / 100
        self.numbers = count(rng.randint(1000, 9000))
        self.lots = dict.fromkeys(rng.numbers(4, 1, 900))
        for number in self.lots:
            self.lots[number] = auction.Lot(rng.title(), rng.randint(20000, 90000) / 100)
        self.number = rng.choice(list(self.lots))
        self.fetched, self.loads, self.taken, self.lookups = [], [], [], []
        house = self

        class Clerks(dict):
            def get(self, key, default=None):
                house.lookups.append(key)
                return super().get(key, default)

        self.clerks = Clerks()
        vars(auction).update(lots=self.lots, _clerks=self.clerks, _numbers=self.receipts())
        vars(auction).update(_quote=self.quote, _fees=self.load_fees)

    def quote(self):
        self.fetched.append(next(self.rates))
        return self.fetched[-1]

    def load_fees(self):
        self.loads.append({"premium": self.fee})
        return dict(self.loads[-1])

    def receipts(self):
        for number in self.numbers:
            self.taken.append(number)
            yield number

    def hire(self, *rights):
        """Give a key to somebody with these rights; return the headers that they send."""
        key = f"key-{self.rng.word(4)}"
        self.clerks[key] = self.auction.Clerk(self.rng.name(), frozenset(rights))
        return {"X-Key": key}

    def name(self, headers):
        return self.clerks[headers["X-Key"]].name

    def offer(self, number, rate, fee=None):
        """The offer for a lot at this rate, not rounded."""
        hammer = self.lots[number].dollars * rate
        return {"rate": rate, "hammer": hammer, "premium": hammer * (self.fee if fee is None else fee)}

    def euros(self, number, rate):
        """What a sale at this rate comes to for the buyer and for the seller."""
        prices = self.offer(number, rate)
        return {"buyer": {"euros": prices["hammer"] + prices["premium"]}, "seller": {"euros": prices["hammer"]}}


@pytest.fixture
def house(given, rng):
    return House(given("auction"), rng)


@pytest.fixture
def expert(house):
    """The headers of a clerk with both rights."""
    return house.hire("auction", "sell")


@pytest.fixture
def parts(house, module):
    """The learner's seven dependencies."""
    missing = [name for name in NAMES if not callable(getattr(module, name, None))]
    assert missing == [], f"`app.py` has to offer all seven dependencies. Not found: {', '.join(missing)}"
    return module


def in_cents(prices):
    """These prices with all euros rounded to cents."""
    return {
        key: in_cents(value) if isinstance(value, dict) else round(value, 2) if key in EUROS else value
        for key, value in prices.items()
    }


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def near(got, expected, close, key=""):
    """Return what came, with each number replaced by the expected one where it is close enough to it."""
    if isinstance(got, dict) and isinstance(expected, dict):
        return {key: near(value, expected.get(key), close, key) for key, value in got.items()}
    return expected if is_number(got) and is_number(expected) and close(got, expected, key) else got


def cents(got, expected, key):
    """Whether these are the expected euros, rounded to cents; one cent more or less does not matter."""
    return key in EUROS and round(got, 2) == got and abs(got - expected) < 0.0101


def unrounded(got, expected, key):
    del key
    return abs(got - expected) < 1e-9 * abs(expected)


def only_euros(response):
    """A sale without the name and the receipts."""
    got = response.json()
    if not isinstance(got, dict):
        return got
    return {side: {"euros": value_at(value_at(got, side), "euros")} for side in ("buyer", "seller")}


def one_rate(house, before):
    """The rate that was fetched since then."""
    rates = house.fetched[before:]
    assert len(rates) == 1, told(
        (rates == [], "No rate was fetched for this request. Was one kept from before it?"),
        f"{len(rates)} rates in one answer: {', '.join(map(str, rates))}. Every call of `fetch_rate` gives another one, and "
        "a value that is made by calling a function by hand, or by another callable, is not shared.",
    )
    return rates[0]


def test_one_rate_for_one_request(house, expert, client):
    """`GET /lots/{number}/offer` answers 200 with `rate`, `hammer` and `premium`, `POST /lots/{number}/sale` 201 with the euros of buyer and seller, rounded to cents. Each of them fetches the rate once, and all its prices are at that rate."""
    number = house.number
    response = client.get(f"/lots/{number}/offer", headers=expert)
    assert response.status_code == 200
    expected = in_cents(house.offer(number, one_rate(house, 0)))
    agree = "These are the dollars of the lot, the rate that was fetched and the fee, calculated. Euros are rounded to cents."
    assert near(response.json(), expected, cents) == expected, agree
    before = len(house.fetched)
    response = client.post(f"/lots/{number}/sale", headers=expert)
    assert response.status_code == 201
    expected = in_cents(house.euros(number, one_rate(house, before)))
    assert near(only_euros(response), expected, cents) == expected, agree


def test_the_next_request_gets_a_new_rate(house, expert, client):
    """Every request fetches the rate anew, and its answer shows that rate."""
    for number in house.lots:
        before = len(house.fetched)
        response = client.get(f"/lots/{number}/offer", headers=expert)
        assert response.status_code == 200
        rate = value_at(response.json(), "rate")
        assert house.fetched[before:] != [], (
            f"No rate was fetched for this request, and the answer says {rate}. A rate is good for one request; the next one "
            "needs a new one."
        )
        assert rate == house.fetched[-1], "This is not the rate that was fetched for this request."


def test_the_parts_agree_on_a_colleagues_route(house, expert, parts, client_for):
    """In a colleague's app, on a path with `{number}`, `hammer_price` and `premium` are at the `rate` of that request, none of them rounded, and two `Depends(receipt, use_cache=False)` are two numbers in a row."""
    app = FastAPI()

    @app.get("/catalogue/{number}")  # noqa: FAST003 - the learner's dependencies read it
    def catalogue(
        premium: Annotated[Any, Depends(parts.premium)],
        first: Annotated[Any, Depends(parts.receipt, use_cache=False)],
        hammer: Annotated[Any, Depends(parts.hammer_price)],
        rate: Annotated[Any, Depends(parts.rate)],
        second: Annotated[Any, Depends(parts.receipt, use_cache=False)],
    ):
        return {"rate": rate, "hammer": hammer, "premium": premium, "receipts": [first, second]}

    client = client_for(app)
    for number in house.lots:
        before, taken = len(house.fetched), len(house.taken)
        response = client.get(f"/catalogue/{number}", headers=expert)
        assert response.status_code == 200, "A colleague's route, with a key and a lot that exist."
        got = response.json()
        assert len(house.taken) == taken + 2, told(
            (
                len(house.taken) == taken + 1,
                "Two receipts were wanted, each with `use_cache=False`, and one number was taken for both. What stands below "
                "`receipt` is still shared within the request.",
            ),
            "So many numbers were taken for the receipts so far; there were two `Depends(receipt, use_cache=False)` in each "
            "request.",
        )
        assert value_at(got, "receipts") == exactly(house.taken[-2:]), (
            "These are the numbers that were taken, in their order."
        )
        expected = house.offer(number, one_rate(house, before)) | {"receipts": house.taken[-2:]}
        assert near(got, expected, unrounded) == expected, (
            "The prices are the dollars of the lot, the rate and the fee, calculated, and not rounded."
        )


def test_a_sale_takes_two_receipts_in_a_row(house, expert, client):
    """A sale answers the clerk's name and takes two numbers in a row, the lower one for the buyer; the next sale goes on from there."""
    for sale in (1, 2):
        taken = len(house.taken)
        response = client.post(f"/lots/{house.number}/sale", headers=expert)
        assert response.status_code == 201
        assert len(house.taken) == taken + 2, told(
            (
                len(house.taken) == taken + 1,
                "One number was taken for this sale. Within a request a dependency is called once, and all get the same value.",
            ),
            f"So many numbers out of the receipt book were taken for sale {sale} and the ones before it.",
        )
        buyer, seller = house.taken[-2:]
        got = response.json()
        numbers = {side: value_at(value_at(got, side), "receipt") for side in ("buyer", "seller")}
        assert numbers == exactly({"buyer": buyer, "seller": seller}), "The lower number goes to the buyer."
        expected = {
            "clerk": house.name(expert),
            "buyer": {"receipt": buyer, "euros": value_at(value_at(got, "buyer"), "euros")},
            "seller": {"receipt": seller, "euros": value_at(value_at(got, "seller"), "euros")},
        }
        assert response.json() == exactly(expected)


def test_a_refused_request_takes_no_receipt(house, expert, client):
    """A sale that is refused takes no number: no key or an unknown one (401), a right that is missing (403), an unknown lot (404 `{"detail": "No such lot"}`), or a number that is no int (422)."""
    rng, number = house.rng, house.number
    unknown = max(house.lots) + rng.randint(1, 50)
    for what, headers, path, status in (
        ("a clerk with both rights", expert, number, 201),
        ("somebody without a key", {}, number, 401),
        ("somebody with an unknown key", {"X-Key": rng.word(5)}, number, 401),
        ("a clerk without any right", house.hire(), number, 403),
        ("a clerk who has only the right `auction`", house.hire("auction"), number, 403),
        ("a clerk who has only the right `sell`", house.hire("sell"), number, 403),
        ("a clerk with both rights, for an unknown lot", expert, unknown, 404),
        ("a clerk with both rights, for a lot whose number is no int", expert, rng.word(), 422),
        ("a clerk with both rights", expert, number, 201),
    ):
        before = len(house.taken)
        response = client.post(f"/lots/{path}/sale", headers=headers)
        assert response.status_code == status, f"This is {what}."
        if status == 404:
            assert response.json() == exactly({"detail": "No such lot"})
        gone = house.taken[before:]
        if status == 201:
            assert gone != [], f"No receipt was taken for {what}, whose sale went through."
        else:
            assert gone == [], told(
                (
                    status == 422,
                    f"Answered {status}, and receipt {gone and gone[0]} is gone: `receipt` does not stand on what was invalid.",
                ),
                f"Answered {status}, and receipt {gone and gone[0]} is gone: it was taken before the refusal. FastAPI goes "
                "through the dependencies of a route in their order.",
            )
    response = client.get(f"/lots/{unknown}/offer", headers=expert)
    assert response.status_code == 404
    assert response.json() == exactly({"detail": "No such lot"})


def test_the_fee_table_is_loaded_once(house, expert, parts, app, client_for):
    """`load_fees` is not called at import or at the start, but when the fee table is first needed, and then never again, whichever thread serves."""
    assert house.loads == [], "The fee table was loaded while `app.py` was imported. That takes seconds, needed or not."
    client_for(app)
    assert house.loads == [], "The fee table was loaded at the start of the app, before anybody needed it."
    other = FastAPI()

    @other.get("/fees")
    def show(fees: Annotated[Any, Depends(parts.fees)]):
        return fees

    # Outside of `with`, each request has an event loop of its own, and other worker threads with it.
    client, colleague = client_for(app, lifespan=False), client_for(other, lifespan=False)
    for turn in range(1, 7):
        if turn % 3:
            response = client.get(f"/lots/{house.number}/offer", headers=expert)
            assert response.status_code == 200
        else:
            response = colleague.get("/fees")
            assert response.status_code == 200
            assert response.json() == exactly({"premium": house.fee}), "A colleague's route shows what `fees` gives."
        loads = len(house.loads)
        assert loads == 1, told(
            (loads == 0, "The fee table was not loaded. Where does the answer have it from?"),
            (
                turn == 3,
                "The fee table was there already, and a colleague's app, in the same process, had it loaded once more.",
            ),
            f"After {turn} request{'s' if turn > 1 else ''}, the fee table has been loaded {loads} times. It is the same for "
            "all requests of the process, and FastAPI's own cache ends with the request.",
        )


def test_the_clerk_is_looked_up_once(house, expert, parts, client, client_for):
    """`find_clerk` is called once for each request, however many guards a route has and whatever scopes they want, in your routes and in a colleague's app."""
    scopes = house.rng.words(3)
    headers = house.hire("auction", "sell", *scopes)
    app = FastAPI()

    @app.get(
        "/keys",
        dependencies=[Security(parts.entitled, scopes=scopes[:1]), Security(parts.entitled, scopes=scopes[:2])],
    )
    def keys(
        guarded: Annotated[Any, Security(parts.entitled, scopes=scopes[2:])],
        clerk: Annotated[Any, Depends(parts.clerk)],
    ):
        return [getattr(guarded, "name", None), getattr(clerk, "name", None)]

    number = house.number
    colleague = client_for(app)
    for client_, method, path, status in (
        (client, "GET", f"/lots/{number}/offer", 200),
        (client, "POST", f"/lots/{number}/sale", 201),
        (client, "POST", f"/lots/{number}/sale", 401),
        (colleague, "GET", "/keys", 200),
        (colleague, "GET", "/keys", 200),
    ):
        before = len(house.lookups)
        sent = {"X-Key": house.rng.word(5)} if status == 401 else headers
        response = client_.request(method, path, headers=sent)
        assert response.status_code == status
        lookups = len(house.lookups) - before
        assert lookups == 1, told(
            (lookups == 0, "The key was not looked up for this request. A clerk may have lost it since the last one."),
            f"{lookups} lookups for one request. Either something in or below `clerk` uses scopes (`SecurityScopes`, or a "
            "class of `fastapi.security`), so that it is called once for each set of scopes, or somebody looks up besides it.",
        )
        if client_ is colleague:
            name = house.name(headers)
            assert response.json() == exactly([name, name]), "The names of the clerks that `entitled` and `clerk` gave."


def test_every_wanted_right_is_checked(house, parts, client, client_for):
    """Every guard is checked with the scopes wanted of it: all have to be among the clerk's rights, as whole words, or else 403 with exactly the missing ones. `offer` wants `auction`, `sale` wants `auction` and, in another guard, `sell`."""
    rng, number = house.rng, house.number

    def asked(client, method, path, rights, wanted, status, missing):
        response = client.request(method, path, headers=house.hire(*rights))
        facts = f"The clerk's rights: {quoted(sorted(rights)) or 'none'}. Wanted: {wanted}."
        assert response.status_code == status, told(
            (response.status_code < 300, f"{facts} This must be refused, and it went through."),
            facts,
        )
        if missing is not None:
            got = response.json()
            told_missing = value_at(value_at(got, "detail"), "missing")
            if isinstance(told_missing, list) and sorted(map(str, told_missing)) == sorted(missing):
                missing = told_missing  # their order is free
            named = set(map(str, told_missing)) if isinstance(told_missing, list) else set()
            assert response.json() == exactly({"detail": {"missing": missing}}), told(
                (
                    named != set() and named < set(missing),
                    "This guard wants more than one right that the clerk lacks, and not all of them are named here. "
                    f"{facts}",
                ),
                (named & set(rights) != set(), f"A right is named that the clerk has. {facts}"),
                (
                    named > set(missing),
                    "All that is named is missing. But the first guard that refuses ends the request, and names what it "
                    f"wants itself. {facts}",
                ),
                (
                    named != set() and not named & set(missing),
                    f"What is named here is something else than what is to be named. {facts}",
                ),
                facts,
            )

    offer, sale = ("GET", f"/lots/{number}/offer"), ("POST", f"/lots/{number}/sale")
    for rights, for_offer, for_sale in (
        (("auction", "sell"), None, None),
        (("auction", "sell", rng.word()), None, None),
        ((), "auction", "auction"),
        (("auction",), None, "sell"),
        (("sell",), "auction", "auction"),
        (("auctioneer", "preauction", "auct", "sell"), "auction", "auction"),
        (("auction", "seller", "resell", "sel"), None, "sell"),
    ):
        refused = for_offer is not None
        asked(client, *offer, rights, "`auction`", 403 if refused else 200, [for_offer] if refused else None)
        refused = for_sale is not None
        asked(client, *sale, rights, "`auction`, `sell`", 403 if refused else 201, [for_sale] if refused else None)

    one, two, three = rng.words(3)
    router = APIRouter(dependencies=[Security(parts.entitled, scopes=[one])])

    @router.get("/vault")
    def vault(clerk: Annotated[Any, Security(parts.entitled, scopes=[two, three])]):
        return {"clerk": getattr(clerk, "name", None)}

    @router.get("/hall")
    def hall():
        return {}

    app = FastAPI()
    app.include_router(router)
    colleague = client_for(app)
    response = colleague.get("/vault")
    assert response.status_code == 401, "A colleague's route with guards, and a request without a key."
    wanted = f"`{one}` by the router, `{two}` and `{three}` by the route"
    for rights, missing in (
        ((one, two, three), None),
        ((two, three), [one]),
        ((one, two), [three]),
        ((one, three), [two]),
        ((one,), [two, three]),
        ((one, f"{two}s", f"x{three}"), [two, three]),
    ):
        asked(colleague, "GET", "/vault", rights, wanted, 200 if missing is None else 403, missing)
    asked(colleague, "GET", "/hall", (one,), f"`{one}` by the router", 200, None)
    asked(colleague, "GET", "/hall", (two,), f"`{one}` by the router", 403, [one])


def test_every_part_can_be_replaced(house, expert, parts, app, client):
    """In tests `rate`, `fees` and `clerk` are replaced by means of `app.dependency_overrides`. What stands on them uses the replacement at once, and the original is not called."""
    rng, number = house.rng, house.number
    path = f"/lots/{number}/offer"
    calls = "`{}` was replaced, and `{}` was called all the same."

    def shows(rate, fee, what):
        response = client.get(path, headers=expert)
        assert response.status_code == 200, f"{what}."
        rate = house.fetched[-1] if rate is None and house.fetched else rate
        expected = in_cents(house.offer(number, rate or 0.0, fee))
        assert near(response.json(), expected, cents) == expected, (
            f"{what}. Does everything that needs it depend on it?"
        )

    shows(None, None, "Nothing is replaced")
    rate = rng.randint(2000, 3000) / 1000
    app.dependency_overrides[parts.rate] = lambda: rate
    fetched = len(house.fetched)
    shows(rate, None, f"`rate` is replaced and gives {rate}")
    assert len(house.fetched) == fetched, calls.format("rate", "fetch_rate")
    for fee in (rng.randint(40, 50) / 100, rng.randint(60, 70) / 100):
        app.dependency_overrides[parts.fees] = lambda: {"premium": fee}  # noqa: B023 - called within this turn
        shows(rate, fee, f"`fees` is replaced, and the premium is {fee}")
    app.dependency_overrides.clear()
    shows(None, None, "The replacements are gone")
    lookups = len(house.lookups)
    for rights, missing in ((("auction", "sell"), None), (("auction",), "sell")):
        clerk = house.auction.Clerk(rng.name(), frozenset(rights))
        app.dependency_overrides[parts.clerk] = lambda: clerk  # noqa: B023 - called within this turn
        response = client.post(f"/lots/{number}/sale")
        what = f"`clerk` is replaced and gives somebody with the rights {quoted(rights)}. The request has no key."
        assert response.status_code == (201 if missing is None else 403), what
        if missing is None:
            assert value_at(response.json(), "clerk") == clerk.name, what
        assert len(house.lookups) == lookups, calls.format("clerk", "find_clerk")
