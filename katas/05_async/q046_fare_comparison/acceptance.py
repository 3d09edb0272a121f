"""Checks of q046: who is asked when, who is given up, and what becomes of the connections."""

import asyncio
import json
import socket
import threading
import time
from urllib.parse import parse_qs, quote, urlsplit

import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told, value_at

SECONDS = 5.0
"""Real seconds after which a check does not wait any longer."""
PATIENCE = 7.0
"""Real seconds after which an operator ends a call by itself."""
NOBODY = {"detail": "no operator answered"}
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
BREAKS_OFF = "a body that breaks off"
MOVES = "a redirect"
MOVED = "/fare/elsewhere"
HTML = b"<html><title>Maintenance</title></html>"


class Operator:
    """A small HTTP server that keeps connections, and notes who connects and what is asked."""

    def __init__(self, name, price=None):
        self.name = name
        self.asked, self.answered, self.trickled = [], 0, 0
        self.connections = self.open = 0
        self.gate = None
        self.charge(price)

    def charge(self, price):
        """From now on, answer with this price."""
        self.behave("answer", 200, json.dumps({"price": price, "currency": "EUR", "operator": "ours"}).encode())

    def behave(self, manner, status=200, body=b"", kind="application/json"):
        """How calls are dealt with: `answer`, `move` to a good answer, `break off` in the middle, be `silent`, or `trickle`."""
        self.manner, self.status, self.body, self.kind = manner, status, body, kind

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        port = self.server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    async def serve(self, reader, writer):
        self.connections += 1
        self.open += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, _ = head.partition(b"\r\n")[0].decode("latin-1").split(" ", 2)
                parts = urlsplit(target)
                self.asked.append((method, parts.path, parse_qs(parts.query, keep_blank_values=True)))
                if self.gate is not None:
                    await self.gate.passed()
                await self.reply(reader, writer, parts.path)
                self.answered += 1
                if self.manner not in ("answer", "move"):
                    return
        except (OSError, EOFError, ValueError, TimeoutError):
            pass  # the client has gone
        finally:
            self.open -= 1
            writer.close()

    async def reply(self, reader, writer, path):
        if self.manner == "silent":
            await asyncio.wait_for(reader.read(1), PATIENCE)
            return
        length = len(self.body) + (10**6 if self.manner in ("trickle", "break off") else 0)
        status = 200 if path == MOVED else self.status
        head = f"HTTP/1.1 {status} So\r\ncontent-type: {self.kind}\r\ncontent-length: {length}\r\n"
        head += f"location: {MOVED}\r\n\r\n" if self.manner == "move" and status != 200 else "\r\n"
        writer.write(head.encode() + self.body)
        await writer.drain()
        if self.manner == "trickle":
            async with asyncio.timeout(PATIENCE):
                while not reader.at_eof():
                    writer.write(b" ")
                    await writer.drain()
                    self.trickled += 1
                    await asyncio.sleep(0.01)


class Sea:
    """The operators of a check, on a loop and in a thread of their own, where nobody moves the clock."""

    def __init__(self, rng):
        self.rng = rng
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.operators, self.sockets = [], []

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(SECONDS)

    def launch(self, names, price=None):
        """Start an operator for each name; each asks a price of its own by default."""
        prices = self.rng.numbers(len(names), 120, 400)
        launched = [Operator(name, price or prices[turn] + 0.5) for turn, name in enumerate(names)]
        for operator in launched:
            self.run(operator.start())
        self.operators += launched
        return launched

    def refused(self):
        """An address at which nobody listens, and nobody else will."""
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))
        self.sockets.append(bound)
        return f"http://127.0.0.1:{bound.getsockname()[1]}"

    def close(self):
        async def end():
            for operator in self.operators:
                operator.server.close()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        self.run(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(SECONDS)
        self.loop.close()
        for bound in self.sockets:
            bound.close()


@pytest.fixture(autouse=True)
async def quiet_loop():
    """What a task of the learner's raises when nobody waits for it any more ends no check."""
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)


@pytest.fixture
def sea(environment, rng):
    """The sea, and no proxies in the way of it."""
    environment(**{name: None for lower in PROXIES for name in (lower, lower.upper())})
    made = Sea(rng)
    yield made
    made.close()


@pytest.fixture
def create(sea, module):
    """The learner's factory: `create(operators, **options)`."""

    def make(operators, **options):
        factory = getattr(module, "create_app", None)
        assert callable(factory), "`app.py` has no function `create_app` any more."
        # Time enough for a machine that is busy with something else.
        options.setdefault("timeout", 60)
        return factory(
            {one.name: one.url for one in operators} if isinstance(operators, list) else operators, **options
        )

    return make


def target(origin="Cork", destination="Roscoff"):
    return f"/fares?origin={quote(origin, safe='')}&destination={quote(destination, safe='')}"


def fare(operator, price):
    return {"operator": getattr(operator, "name", operator), "price": price}


def price_of(operator):
    return json.loads(operator.body)["price"]


def shown(good, unavailable=()):
    """The answer with these operators, of which the good ones have prices."""
    found = sorted((price_of(one), one.name) for one in good)
    names = sorted(getattr(one, "name", one) for one in unavailable)
    return {"fares": [fare(name, price) for price, name in found], "unavailable": names}


async def until(reached, otherwise, seconds=SECONDS):
    """Wait until something has happened elsewhere; AssertionError if it does not."""
    limit = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > limit:
            raise AssertionError(otherwise)
        await asyncio.sleep(0.005)


async def has_answered(operator, before, otherwise):
    """Wait until an operator has answered once more."""
    await until(lambda: operator.answered > before, otherwise)


async def settle(turns=8):
    """Give the learner's tasks their turns, and the other thread its."""
    for _ in range(turns):
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.002)


async def compared(server, operators, route=None):
    """Compare, with nobody being held or broken."""
    response = await server.request("GET", route or target())
    assert response.status_code == 200, told(
        (
            response.status_code == 502,
            "All operators have answered with a price, and not one of these answers was taken. What was asked, and where?",
        ),
    )
    assert response.json() == shown(operators)


async def test_fares_come_cheapest_first(sea, create, asgi, rng):
    """`GET /fares?origin=…&destination=…` answers 200 with the price of every operator, in order of price, then of name. A missing or empty place is FastAPI's 422, and nobody is asked."""
    operators = sea.launch(rng.shuffled(rng.names(5)))
    tie = rng.randint(21, 89) + 0.25
    async with asgi(create(operators)) as server:
        for prices in ([9.5, 100, tie, tie, 3], [tie, 120.75, tie, 7, tie], [1000, 99, 200.5, 30, 4.5]):
            for operator, price in zip(operators, rng.shuffled(prices), strict=True):
                operator.charge(price)
            response = await server.request("GET", target(*rng.names(2)))
            assert response.status_code == 200, told(
                (
                    response.status_code == 502,
                    "All operators have answered with a price, and not one of these answers was taken. What was asked, and where?",
                ),
            )
            got, expected = response.json(), shown(operators)
            fares = value_at(got, "fares")
            plain = [one for one in fares if isinstance(one, dict)] if isinstance(fares, list) else []
            order = [(one.get("price"), one.get("operator")) for one in plain]
            assert got == expected, told(
                (
                    sorted(map(str, plain)) != sorted(map(str, expected["fares"])),
                    "These are not the fares that the operators gave.",
                ),
                (
                    all(isinstance(price, int | float) for price, _ in order)
                    and [price for price, _ in order] == sorted(price for price, _ in order)
                    and order != sorted(order, key=lambda one: (one[0], str(one[1]))),
                    "The prices are in order. Where they are equal, the operators are to stand in the order of their names.",
                ),
                (
                    [price for price, _ in order] == sorted((price for price, _ in order), key=str),
                    "The prices are in the order that they have as text. As a number, 9.5 is less than 100.",
                ),
            )
        before = sum(len(one.asked) for one in operators)
        for query, places in (
            ("", ("query.origin", "query.destination")),
            ("?origin=Cork", ("query.destination",)),
            ("?destination=Roscoff", ("query.origin",)),
            ("?origin=&destination=Roscoff", ("query.origin",)),
            ("?origin=Cork&destination=", ("query.destination",)),
        ):
            response = await server.request("GET", f"/fares{query}")
            assert refusal(response) == refused_at(*places)
        asked = sum(len(one.asked) for one in operators) - before
        assert asked == 0, "So many operators were asked for comparisons that were refused."


async def test_places_reach_every_operator_unharmed(sea, create, asgi, rng):
    """Every operator is asked `GET /fare` with `origin` and `destination` as they came, whatever characters are in them."""
    operators = sea.launch(rng.names(3))
    async with asgi(create(operators)) as server:
        for origin, destination in (
            rng.names(2),
            (f" {rng.name()} {rng.name()}", f"{rng.name()}/{rng.name()} "),
            (f"{rng.name()}&destination={rng.name()}", f"{rng.name()} 100%"),
            (f"Saint-{rng.name()}é", f"{rng.name()}+{rng.name()}#2"),
            (f"%41{rng.name()}", f"?{rng.name()}=1;ö"),
        ):
            await compared(server, operators, target(origin, destination))
            for operator in operators:
                got = operator.asked[-1]
                asked = {"origin": [origin], "destination": [destination]}
                assert got == ("GET", "/fare", asked), told(
                    (
                        got[2] == {key: [places[0].strip()] for key, places in asked.items()},
                        "The blanks at the beginning or at the end of a place have got lost on the way to an operator.",
                    ),
                    "So an operator was asked: the method, the path, and the query as the operator has read it.",
                )
        counts = [len(operator.asked) for operator in operators]
        assert counts == [5] * 3, "So often each operator was asked in five comparisons."


async def test_all_operators_are_asked_before_any_has_answered(sea, create, asgi, rng, rendezvous):
    """Six operators hold their answers until each of them has been asked."""
    operators = sea.launch(rng.names(6))
    async with asgi(create(operators)) as server:
        await compared(server, operators)
        with rendezvous(6) as gate:
            for operator in operators:
                operator.gate = gate
            response = await server.request("GET", target())
        assert f"{gate.held} of 6" == "6 of 6", told(
            (
                gate.held == 0,
                "No operator was asked for this comparison. What they answered to the last one may be out of date.",
            ),
            (
                gate.held == 1,
                "One operator was asked, and the next only after that one was done. An `await` in a loop asks one after the "
                "other, and so does a client that blocks the event loop.",
            ),
            "So many operators were asked while none of them had answered.",
        )
        assert response.status_code == 200
        assert response.json() == shown(operators)


# What an operator answers with, what that means, and the status and body of it.
BROKEN = (
    ("status 500", "so it has failed, whatever its body says", 500, b'{"price": 1}'),
    ("status 404", "so there is no such fare, whatever its body says", 404, b'{"price": 1}'),
    ("status 202", "and only with status 200 a price is final", 202, b'{"price": 1}'),
    (MOVES, "which is another status than 200, wherever it leads", 302, b'{"price": 1}'),
    ("a web page", "and that is not JSON", 200, HTML),
    ("bytes that are no text", "and so no JSON either", 200, b'{"price": "\xff\xfe\xb4"}'),
    ("an empty body", "and that is not JSON", 200, b""),
    ("a JSON list", "which has no `price`, whatever is in it", 200, b'[{"price": 1}]'),
    ("a JSON number", "which has no `price`, and no keys at all", 200, b"17"),
    ("an object without `price`", "so there is nothing to show", 200, b'{"prize": 1}'),
    ("`price` null", "which says that there is none", 200, b'{"price": null}'),
    ("`price` as text", "which is no number, even with digits in it", 200, b'{"price": "12"}'),
    ("`price` true", "which is no number in JSON, whatever Python makes of it", 200, b'{"price": true}'),
    (BREAKS_OFF, "so half of its answer is missing", 200, b'{"price": 1'),
)


async def test_broken_operator_is_unavailable_and_spoils_nothing(sea, create, asgi, rng, rendezvous):
    """An operator that answers with another status, with something that is no JSON object with a number as `price`, or that breaks off, is unavailable. The others are shown, though they answer later."""
    operators = sea.launch(rng.names(3))
    broken, good = operators[1], [operators[0], operators[2]]
    async with asgi(create(operators)) as server:
        await compared(server, operators)
        for what, meaning, status, body in BROKEN:
            kind = "text/html" if body == HTML else "application/json"
            broken.behave({BREAKS_OFF: "break off", MOVES: "move"}.get(what, "answer"), status, body, kind)
            before = broken.answered
            with rendezvous() as gate:
                for operator in good:
                    operator.gate = gate
                call = server.start("GET", target())
                at_once = (
                    "Two operators held their answers here until the third had given its own, and it never came to that: not all "
                    "three were asked at once."
                )
                await gate.meets(2, at_once)
                await has_answered(broken, before, at_once)
                await settle(3)
                assert not gate.gave_up, at_once
                gate.open()
                response = await call.reply()
            assert response.status_code == 200, told(
                (
                    response.status_code == 500,
                    f"One operator answered with {what}, {meaning}. That ended the comparison for all.",
                ),
                f"One operator answered with {what}, {meaning}. The other two have a price.",
            )
            assert response.json() == shown(good, [broken]), f"One operator answered with {what}, {meaning}."


async def test_unreachable_operators_are_listed_by_name(sea, create, asgi, rng):
    """Operators that cannot be reached are unavailable, their names in order. If there is no good answer at all, the answer is 502 `{"detail": "no operator answered"}`."""
    names = rng.shuffled(rng.names(6))
    good, lost = sea.launch(names[:3]), {name: sea.refused() for name in names[3:]}
    urls = {one.name: one.url for one in good} | lost
    async with asgi(create({name: urls[name] for name in rng.shuffled(names)})) as server:
        response = await server.request("GET", target())
        assert response.status_code == 200, told(
            (
                response.status_code == 500,
                "Nobody listens at the addresses of three operators, and that ended the whole comparison. The others have a price.",
            ),
        )
        assert response.json() == shown(good, lost)
    for operators, what in ((lost, "Nobody listens at any of the addresses."), ({}, "There are no operators at all.")):
        async with asgi(create(operators)) as server:
            response = await server.request("GET", target())
            assert response.status_code == 502, what
            assert response.json() == exactly(NOBODY)


async def test_operator_over_time_is_given_up_and_its_call_dropped(sea, create, asgi, rng, rendezvous, advance):
    """With `timeout=30`, who answers after 20 seconds is shown, and who has not answered whole after 30 is given up, be it that nothing comes or a byte now and then. The connection of a call that was given up is closed."""
    await _slow_one(sea, create, asgi, rng, rendezvous, advance, "silent")
    await _slow_one(sea, create, asgi, rng, rendezvous, advance, "trickle")


async def _slow_one(sea, create, asgi, rng, rendezvous, advance, manner):
    what = {"silent": "One operator was silent", "trickle": "One operator sent a byte of its body now and then"}[manner]
    slow, late, good = operators = sea.launch(rng.shuffled(rng.names(3)))

    async def pass_by():
        """Let ten seconds pass on the learner's loop, and in them some of the bytes arrive."""
        before = slow.trickled
        advance(10)
        await settle()
        if manner == "trickle":
            await until(lambda: slow.trickled > before + 2 or slow.open == 0, f"{what}, and its bytes did not arrive.")
            await settle(2)

    async with asgi(create(operators, timeout=30)) as server:
        await compared(server, operators)
        slow.behave(manner, 200, b'{"price": 1')
        with rendezvous() as gate:
            late.gate = gate
            call = server.start("GET", target())
            await until(lambda: len(slow.asked) == 2, "Three operators were to be asked, and one of them was not.")
            await gate.meets(1, "Three operators were to be asked, and one of them was not.")
            await settle()
            assert not gate.gave_up, (
                f"{what}, and for some seconds nothing else went on, in real time: the event loop stood still, where no time limit "
                "can run out. Does the client that asks block it?"
            )
            assert not call.is_answered, f"{what}, and the comparison was over before any of its 30 seconds had passed."
            for seconds in (10, 20):
                await pass_by()
                assert not call.is_answered, (
                    f"{what}, another had not answered yet, and both had 30 seconds. After {seconds} seconds the comparison was "
                    "over. Is there a time limit that you have not set, and that comes first?"
                )
            before = late.answered
            gate.open()
            await has_answered(
                late, before, f"{what}. Another answered after 20 seconds, which is in time, and was not heard."
            )
            await settle()
        await pass_by()
        await pass_by()
        await until(
            lambda: call.is_answered,
            f"{what}, and had 30 seconds for its whole answer. After 40 seconds the comparison still waits for it."
            + (
                " Is there a time limit that covers the body, from its first byte to its last?"
                if manner == "trickle"
                else " (The clock of the event loop was moved on; a clock of another kind knows nothing of it.)"
            ),
        )
        response = await call.reply()
        in_time = f"{what} until its 30 seconds were over. Another answered after 20 seconds, which is in time, and a third at once."
        assert response.status_code == 200, in_time
        assert response.json() == shown([late, good], [slow]), in_time
        await until(
            lambda: slow.open == 0,
            f"{what} and was given up, and its connection is still open. The call to it goes on, though nobody waits for it.",
            2.0,
        )


async def test_comparisons_overlap(sea, create, asgi, rng, rendezvous):
    """While one comparison waits for the operators, a second one asks them."""
    operators = sea.launch(rng.names(2))
    async with asgi(create(operators)) as server:
        await compared(server, operators)
        with rendezvous() as gate:
            for operator in operators:
                operator.gate = gate
            first = server.start("GET", target(*rng.names(2)))
            await gate.meets(2, "Two operators were to be asked at once for a comparison, and one of them was not.")
            second = server.start("GET", target(*rng.names(2)))
            waits = "A first comparison was waiting for its operators, and the second did not ask until the first had ended."
            await gate.meets(4, waits)
            assert not gate.gave_up, waits
            gate.open()
            statuses = [(await call.reply()).status_code for call in (first, second)]
        assert statuses == [200, 200], "These are the answers to two comparisons that overlapped."


async def test_connections_are_kept_between_comparisons(sea, create, asgi, rng):
    """Four comparisons in a row use one connection to each operator."""
    operators = sea.launch(rng.names(3))
    async with asgi(create(operators)) as server:
        for _ in range(4):
            await compared(server, operators)
        counts = {one.name: one.connections for one in operators}
        assert counts == {one.name: 1 for one in operators}, told(
            (
                set(counts.values()) == {4},
                "So many connections came to each operator for four comparisons: a new one each time. It is the client "
                "that keeps connections for the next call, for as long as it is open and allowed to.",
            ),
            "So many connections came to each operator for four comparisons, one after the other.",
        )


async def test_shutdown_closes_the_connections(sea, create, asgi, rng):
    """When the app shuts down, its connections to the operators are closed."""
    operators = sea.launch(rng.names(3))
    async with asgi(create(operators)) as server:
        await compared(server, operators)
    await until(
        lambda: not any(one.open for one in operators),
        "The app has shut down, and there are still open connections from it to the operators.",
        2.0,
    )
