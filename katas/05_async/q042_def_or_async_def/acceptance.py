"""Checks of q042: what may block, what has to be awaited, and where each of them runs."""

import asyncio
import threading

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told

SUPPLIERS = ("cold", "express")
IN_WORDS = {
    "verify": "`verify` of the register",
    "cold": "`stock` of the vaccine store",
    "express": "`stock` of MedExpress",
}
ON_LOOP = "on the event loop's thread"
OFF_LOOP = "in another thread"
SERVING = "on the loop that serves"


class Trade:
    """The register and the suppliers of one check: what they know, who was asked, and from where."""

    def __init__(self, suppliers, rng):
        self.suppliers, self.rng = suppliers, rng
        self.licences = set()
        self.stocks = {"cold": {}, "express": {}}
        self.gates = {}
        self.asked, self.unawaited = [], 0
        self.places = {}
        self.route = ""

    def licence(self, valid=True):
        """A licence that the register knows, or does not."""
        licence = f"PH-{self.rng.digits(5)}{self.rng.word(1)}"
        if valid:
            self.licences.add(licence)
        return licence

    def product(self):
        """A product that both suppliers have, in different numbers."""
        code = f"{self.rng.word(2)}-{self.rng.digits(3)}"
        self.restock(code)
        return code

    def restock(self, code):
        self.stocks["cold"][code], self.stocks["express"][code] = self.rng.numbers(2, 1, 900)

    def shown(self, supplier, code):
        return {"supplier": supplier, "code": code, "in_stock": self.stocks[supplier][code]}

    def serve(self):
        """Remember the loop and the thread that serve the requests."""
        self.loop, self.thread = asyncio.get_running_loop(), threading.get_ident()

    def note(self, what, argument, place):
        self.asked.append((what, argument))
        self.places.setdefault((self.route, what), set()).add(place)

    def ask_blocking(self, what, argument):
        """Note the call; wait at its gate, but never in the event loop's thread, where nobody could open it."""
        on_loop = threading.get_ident() == self.thread
        self.note(what, argument, ON_LOOP if on_loop else OFF_LOOP)
        gate = self.gates.get((what, argument))
        if gate is not None:
            if on_loop:
                gate.open()
            gate.hold()

    async def ask_async(self, what, argument):
        self.unawaited -= 1
        own = asyncio.get_running_loop() is self.loop
        self.note(what, argument, SERVING if own else "on another loop")
        gate = self.gates.get((what, argument))
        await (gate.passed() if gate else asyncio.sleep(0))


class Registry:
    def __init__(self, trade):
        self.trade = trade

    def verify(self, licence):
        self.trade.ask_blocking("verify", licence)
        return licence in self.trade.licences


class ColdStore:
    def __init__(self, trade):
        self.trade = trade

    def stock(self, code):
        self.trade.ask_blocking("cold", code)
        return self.trade.stocks["cold"].get(code, 0)


class MedExpress:
    def __init__(self, trade):
        self.trade = trade

    def stock(self, code):
        self.trade.unawaited += 1
        return self.answer(code)

    async def answer(self, code):
        await self.trade.ask_async("express", code)
        return self.trade.stocks["express"].get(code, 0)


@pytest.fixture
def suppliers(given):
    """The kit's own copy of the given file, before the learner's app is imported."""
    return given("suppliers")


@pytest.fixture
def trade(suppliers, app, rng):
    """The register and the suppliers of this check, in the place of what the three dependencies give."""
    trade = Trade(suppliers, rng)

    def put(dependency, what):
        async def give():
            return what

        app.dependency_overrides[dependency] = give

    put(suppliers.get_registry, Registry(trade))
    put(suppliers.get_cold_store, ColdStore(trade))
    put(suppliers.get_med_express, MedExpress(trade))
    return trade


def start(trade, server, supplier, code, licence):
    """Send a request."""
    trade.route = f"/{supplier}"
    headers = [] if licence is None else [("X-Licence", licence)]
    return server.start("GET", f"/{supplier}/{code}", headers=headers)


async def ask(trade, server, supplier, code, licence):
    """Send a request and return the answer when the app is through with it."""
    call = start(trade, server, supplier, code, licence)
    response = await call.reply()
    await call.ended()
    return response


async def served(trade, server, supplier, code, licence):
    """Ask for what can be answered, and return the answer."""
    trade.asked.clear()
    trade.unawaited = 0
    response = await ask(trade, server, supplier, code, licence)
    assert response.status_code == 200, told(
        (response.text == '{"detail":"Not Found"}', f"No route of yours answers at `/{supplier}/{code}`."),
        (
            response.status_code in (401, 403) and trade.asked == [],
            "The register was not asked, and it knows this licence. The register is what FastAPI gets from the dependency "
            "`get_registry`; the checks put one of their own there.",
        ),
        (response.status_code in (401, 403), "The register says that this licence holds."),
        (
            response.status_code == 422,
            "The request is complete: a code in the path, a licence in the header `X-Licence`.",
        ),
        (
            trade.unawaited > 0,
            "`stock` of MedExpress was called and never awaited, so it has not begun: the call of an `async` function only makes "
            "a coroutine.",
        ),
        (response.status_code == 500, "An exception ended the request; it is shown below."),
    )
    return response


async def test_both_suppliers_answer_with_their_stock(trade, app, asgi):
    """With a licence that holds, `GET /cold/{code}` and `GET /express/{code}` answer 200 with `supplier`, `code` and `in_stock`: what that supplier has of it now."""
    trade.serve()
    licence, codes = trade.licence(), [trade.product(), trade.product()]
    async with asgi(app) as server:
        for code in (*codes, codes[0]):
            trade.restock(code)
            for supplier in SUPPLIERS:
                response = await served(trade, server, supplier, code, licence)
                other = "express" if supplier == "cold" else "cold"
                got = response.json()
                assert got == exactly(trade.shown(supplier, code)), told(
                    (
                        (supplier, code) not in trade.asked,
                        f"{IN_WORDS[supplier]} was not called with `{code}`: not on the object that the dependency gives, in whose "
                        "place the checks put one of their own.",
                    ),
                    (
                        got == {**trade.shown(other, code), "supplier": supplier},
                        f"`in_stock` is what {IN_WORDS[other]} says. At `/{supplier}` it was to be {IN_WORDS[supplier]}.",
                    ),
                )


async def test_refused_licence_is_403_and_no_supplier_is_asked(trade, app, asgi):
    """On both routes a licence to which `verify` says no is answered 403 `{"detail": "licence refused"}`, and no supplier is asked. The register is asked anew for each request."""
    trade.serve()
    async with asgi(app) as server:
        for supplier in SUPPLIERS:
            code, licence = trade.product(), trade.licence()
            await served(trade, server, supplier, code, licence)
            withdrawn = "It held for the request before. Meanwhile it was withdrawn, and the register says no."
            trade.licences.remove(licence)
            for refused, story in (
                (trade.licence(valid=False), "The register does not know this licence."),
                (licence, withdrawn),
            ):
                trade.asked.clear()
                response = await ask(trade, server, supplier, code, refused)
                asked = [argument for what, argument in trade.asked if what == "verify"]
                assert response.status_code == 403, told(
                    (refused not in asked, f"{story} But for this request, `verify` was never called with it."),
                    story,
                )
                assert response.json() == exactly({"detail": "licence refused"})
                names = [IN_WORDS[what] for what, _ in trade.asked if what in SUPPLIERS]
                assert names == [], f"{story} The answer was 403, and these were called all the same."
                assert refused in asked, "The answer was 403, and `verify` was not called with this licence."


async def test_missing_licence_is_422(trade, app, asgi):
    """On both routes a request without the header `X-Licence` is answered with FastAPI's 422 for that header, and neither the register nor a supplier is asked."""
    trade.serve()
    async with asgi(app) as server:
        for supplier in SUPPLIERS:
            code = trade.product()
            await served(trade, server, supplier, code, trade.licence())
            trade.asked.clear()
            response = await ask(trade, server, supplier, code, None)
            got, expected = refusal(response), refused_at("header.x-licence")
            # The header's name stands there as the learner wrote it.
            got = expected if got.lower() == expected else got
            assert got == expected, told(
                (got == "403", "Without a header there is no licence that could be refused."),
                (got == "200", "Without a licence, nobody is told anything."),
            )
            names = [IN_WORDS[what] for what, _ in trade.asked]
            assert names == [], "The header is missing, and these were called all the same."


async def test_blocking_calls_stay_off_the_event_loop(trade, app, asgi):
    """`verify` and the `stock` of the vaccine store never run on the event loop's thread, whichever route calls them."""
    trade.serve()
    async with asgi(app) as server:
        for supplier in SUPPLIERS:
            await served(trade, server, supplier, trade.product(), trade.licence())
        wanted = [("/cold", "verify"), ("/cold", "cold"), ("/express", "verify")]
        got = {
            f"{IN_WORDS[what]}, called by {route}": " and ".join(sorted(trade.places.get((route, what), ["never"])))
            for route, what in wanted
        }
        blocking = {what for route, what in wanted if ON_LOOP in trade.places.get((route, what), ())}
        assert got == dict.fromkeys(got, OFF_LOOP), told(
            (
                blocking == {"verify", "cold"},
                "Both of the blocking calls ran on the event loop's thread. While one of them blocks there, no other request of this "
                "process is served.",
            ),
            (
                blocking == {"verify"},
                f"{IN_WORDS['verify']} ran on the event loop's thread. Every request has to get by the register, and as long as it "
                "blocks there, this process serves nobody.",
            ),
            (
                blocking == {"cold"},
                f"It is {IN_WORDS['cold']} that ran on the event loop's thread: all other requests stand still until that supplier "
                "has answered.",
            ),
            "Each of these is called by that route.",
        )


async def test_async_sdk_runs_on_the_serving_loop(trade, app, asgi):
    """The `stock` of MedExpress is awaited on the event loop that serves the requests."""
    trade.serve()
    async with asgi(app) as server:
        await served(trade, server, "express", trade.product(), trade.licence())
        got = " and ".join(sorted(trade.places.get(("/express", "express"), ["never"])))
        assert got == SERVING, (
            "This is where `stock` of MedExpress ran. In life its connections belong to the loop that serves, and they do not "
            "work on another one."
        )


async def others_are_served(trade, server, gate, what, held, code, licence):
    """One request waits at the gate: meanwhile both routes answer for others, and then it gets its own answer."""
    target, call, expected = held
    await gate.meets(1, f"`GET {target}` came, and {IN_WORDS[what]} was not called for it.")
    for supplier in SUPPLIERS:
        response = await ask(trade, server, supplier, code, licence)
        assert not gate.gave_up, (
            f"`GET {target}` was waiting in {IN_WORDS[what]}, and as long as it did, `GET /{supplier}/{code}` was not answered. Either "
            "they have to queue for something, or the event loop itself was made to wait."
        )
        assert response.status_code == 200, f"`GET {target}` was waiting in {IN_WORDS[what]} meanwhile."
        assert response.json() == exactly(trade.shown(supplier, code)), (
            "This is the answer for one while another waits."
        )
    gate.open()
    response = await call.reply()
    assert response.status_code == 200, f"`GET {target}` had to wait in {IN_WORDS[what]}, and then it was answered."
    assert response.json() == exactly(expected), f"`GET {target}` had to wait, and others were served meanwhile."


async def test_others_are_served_while_a_blocking_call_is_held(trade, app, asgi, rendezvous):
    """While one request waits in `verify` or in the `stock` of the vaccine store, both routes answer for others; then it gets its own answer."""
    trade.serve()
    first, other = trade.product(), trade.product()
    async with asgi(app) as server:
        for supplier in SUPPLIERS:
            for code in (first, other):
                await served(trade, server, supplier, code, trade.licence())
        for what, supplier in (("cold", "cold"), ("verify", "cold"), ("verify", "express")):
            licence = trade.licence()
            gate = trade.gates[what, licence if what == "verify" else first] = rendezvous()
            call = start(trade, server, supplier, first, licence)
            held = (f"/{supplier}/{first}", call, trade.shown(supplier, first))
            await others_are_served(trade, server, gate, what, held, other, trade.licence())


async def test_others_are_served_while_an_async_call_is_held(trade, app, asgi, rendezvous):
    """While one request waits for the `stock` of MedExpress, both routes answer for others; then it gets its own answer."""
    trade.serve()
    first, other = trade.product(), trade.product()
    async with asgi(app) as server:
        for code in (first, other):
            await served(trade, server, "express", code, trade.licence())
        gate = trade.gates["express", first] = rendezvous()
        call = start(trade, server, "express", first, trade.licence())
        held = (f"/express/{first}", call, trade.shown("express", first))
        await others_are_served(trade, server, gate, "express", held, other, trade.licence())
