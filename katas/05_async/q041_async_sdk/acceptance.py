"""Checks of q041: await, async with and async for, on the loop that serves."""

import asyncio
import threading

import pytest

from pytest_fastapi_kata.checks import exactly, told

ROUTES = ("/parcels/{}", "/parcels/{}/scans")
LOOP = "on the server's loop"


class Courier:
    """The courier of one check: its parcels, its sessions, and from where each of them was used."""

    def __init__(self, sdk, rng):
        self.sdk, self.rng = sdk, rng
        self.positions, self.travels = {}, {}
        self.gates = {}
        self.fault = None
        self.forget()

    def forget(self):
        self.opened = self.entered = self.left = 0
        self.called, self.begun = [], []
        self.places = {}

    def number(self):
        """A number that no parcel has."""
        return f"{self.rng.word(1).upper()}{self.rng.digits(7)}"

    def parcel(self, scans=2):
        """Post a parcel that was scanned so many times, and return its number."""
        number = self.number()
        self.travels[number] = []
        for _ in range(scans):
            at = f"2026-0{self.rng.randint(1, 9)}-{self.rng.randint(10, 28)} {self.rng.randint(10, 23)}:{self.rng.randint(10, 59)}"
            self.travels[number].append({"depot": self.rng.name(), "at": at})
        self.move(number)
        return number

    def move(self, number):
        """Let a parcel be somewhere else from now on."""
        self.positions[number] = {"number": number, "status": self.rng.title(), "depot": self.rng.name()}

    def shown(self, number):
        return {"number": number, "scans": self.travels[number]}

    def session(self):
        self.opened += 1
        return Opening(self)

    def sessions(self):
        return {"opened": self.opened, "entered": self.entered, "left": self.left}

    def serve(self):
        """Remember the loop and the thread that serve the requests."""
        self.loop, self.thread = asyncio.get_running_loop(), threading.get_ident()

    def note(self, what):
        """Note from where this was done."""
        if asyncio.get_running_loop() is self.loop:
            place = LOOP
        elif threading.get_ident() == self.thread:
            place = "on another loop, in the server's thread"
        else:
            place = "on another loop, in another thread"
        self.places.setdefault(what, set()).add(place)


class Opening:
    """The context manager of a session. It does not tidy up by itself when it is thrown away half used."""

    def __init__(self, courier):
        self.courier = courier
        self.session = None

    async def __aenter__(self):
        self.courier.note("entering the session")
        await asyncio.sleep(0)
        self.courier.entered += 1
        self.session = Session(self.courier)
        return self.session

    async def __aexit__(self, *_):
        self.courier.note("leaving the session")
        await asyncio.sleep(0)
        self.courier.left += 1
        if self.session is not None:
            self.session.closed = True


class Session:
    def __init__(self, courier):
        self.courier = courier
        self.closed = False

    def locate(self, number):
        self.courier.called.append("locate")
        return self.located(number)

    async def located(self, number):
        await self.ask("locate", number)
        return dict(self.courier.positions[number])

    def scans(self, number):
        self.courier.called.append("scans")
        return self.scanned(number)

    async def scanned(self, number):
        await self.ask("scans", number)
        for scan in self.courier.travels[number]:
            yield dict(scan)
            await self.ask("scans", number)

    async def ask(self, what, number):
        self.courier.note(what)
        self.courier.begun.append(what)
        self.must_be_open()
        gate = self.courier.gates.get((what, number))
        await (gate.passed() if gate else asyncio.sleep(0))
        self.must_be_open()
        if self.courier.fault:
            raise self.courier.fault
        if number not in self.courier.positions:
            raise self.courier.sdk.UnknownParcel(number)

    def must_be_open(self):
        if self.closed:
            raise self.courier.sdk.SessionClosed("this session was left")


@pytest.fixture
def sdk(given):
    """The kit's own copy of the SDK, before the learner's app is imported."""
    return given("courier")


@pytest.fixture
def courier(sdk, app, rng):
    """The courier of this check, in the place of what `get_courier` gives."""
    courier = Courier(sdk, rng)

    async def get_courier():
        return courier

    app.dependency_overrides[sdk.get_courier] = get_courier
    return courier


async def served(courier, server, target, known="The courier knows this parcel."):
    """Ask for a parcel that the courier knows, and return the answer when the app is through with the request."""
    call = server.start("GET", target)
    response = await call.reply()
    await call.ended()
    what = "scans" if target.endswith("/scans") else "locate"
    assert response.status_code == 200, told(
        (response.text == '{"detail":"Not Found"}', f"No route of yours answers at `{target}`."),
        (
            courier.opened == 0,
            "The courier was not asked, and it knows this parcel. The courier is what FastAPI gets from the dependency "
            "`get_courier`; the checks put one of their own there.",
        ),
        (
            what in courier.called and what not in courier.begun,
            f"`{what}` was called and never began. A call of something `async` only makes an object: a coroutine runs when "
            "it is awaited, a stream when it is stepped through.",
        ),
        (
            response.status_code == 500,
            f"{known} An exception ended the request; it is shown below.",
        ),
        known,
    )
    return response


async def test_position_is_the_awaited_answer(courier, app, asgi):
    """`GET /parcels/{number}` answers 200 with what `locate` gives for that number at the time of the request."""
    courier.serve()
    async with asgi(app) as server:
        numbers = [courier.parcel(), courier.parcel()]
        for number in (*numbers, numbers[0]):
            courier.move(number)
            response = await served(courier, server, f"/parcels/{number}")
            expected = courier.positions[number]
            assert response.json() == exactly(expected), "This is not what `locate` gives for this parcel now."


async def test_scans_are_collected_in_order(courier, app, asgi, rng):
    """`GET /parcels/{number}/scans` answers 200 with `number` and `scans`, a list of all scans in the order in which they come; a parcel without scans has an empty list."""
    courier.serve()
    async with asgi(app) as server:
        for count in (rng.randint(3, 5), 0, 1, 2):
            number = courier.parcel(count)
            known = f"The courier knows this parcel, and its scans so far: {count}."
            response = await served(courier, server, f"/parcels/{number}/scans", known)
            assert response.json() == exactly(courier.shown(number)), f"{known} Each of them is shown as it came."


async def test_unknown_parcel_is_404_on_both_routes(courier, app, asgi):
    """On both routes a parcel that the courier does not know is answered 404 `{"detail": "unknown parcel"}`. Any other exception of the SDK is answered 500 or above."""
    courier.serve()
    async with asgi(app) as server:
        for route in ROUTES:
            await served(courier, server, route.format(courier.parcel()))
            response = await server.request("GET", route.format(courier.number()))
            assert response.status_code == 404, told(
                (
                    response.status_code == 500 and "scans" in route,
                    "`UnknownParcel` was raised, and nobody has made a 404 of it. It comes when the first scan is asked for, not "
                    "when `scans()` is called.",
                ),
                (response.status_code == 500, "`UnknownParcel` was raised, and nobody has made a 404 of it."),
                (response.status_code == 200, "The courier does not know this parcel."),
            )
            assert response.json() == exactly({"detail": "unknown parcel"})
        courier.fault = ConnectionError("the courier does not answer")
        for route in ROUTES:
            response = await server.request("GET", route.format(courier.parcel()))
            assert response.status_code >= 500, (
                "The courier knows this parcel, and cannot be reached: the SDK raised ConnectionError. That is no unknown parcel, and "
                "no success."
            )


async def test_each_request_opens_and_closes_one_session(courier, app, asgi):
    """Each request, whether the parcel is known or not, opens one session with `courier.session()`, and has left it when the app is through with the request."""
    courier.serve()
    got = {}
    async with asgi(app) as server:
        for known in (True, False):
            for route in ROUTES:
                courier.forget()
                target = route.format(courier.parcel() if known else courier.number())
                if known:
                    await served(courier, server, target)
                else:
                    call = server.start("GET", target)
                    await call.reply()
                    await call.ended()
                got[f"{'known' if known else 'unknown'}, {route.format('…')}"] = courier.sessions()
    numbers = {name: {request[name] for request in got.values()} for name in ("opened", "entered", "left")}
    known = [request for target, request in got.items() if target.startswith("known")]
    expected = {target: {"opened": 1, "entered": 1, "left": 1} for target in got}
    assert got == expected, told(
        (
            0 in numbers["opened"],
            "Not every request opened a session of its own. One that opens none either does not ask the courier, or uses the "
            "session of another request.",
        ),
        (max(numbers["opened"]) > 1, "A request opened more than one session."),
        (0 in numbers["entered"], "A session was made by `courier.session()`, and never entered."),
        (
            0 in numbers["left"] and all(request["left"] == 1 for request in known),
            "After an unknown parcel a session stays open. That is an exception, and an exception skips every line that does not "
            "stand where nothing is skipped.",
        ),
        (0 in numbers["left"], "The request is over, and its session is still open."),
        "A session is entered once and left once.",
    )


async def test_another_parcel_is_served_while_one_waits(courier, app, asgi, rendezvous):
    """While one parcel waits for the courier, in `locate` or in `scans`, both routes answer for another parcel; then the first gets its own answer."""
    courier.serve()
    first, other = courier.parcel(3), courier.parcel(2)
    async with asgi(app) as server:
        for number in (first, other):
            for route in ROUTES:
                await served(courier, server, route.format(number))
        for what, waiting in zip(("locate", "scans"), ROUTES, strict=True):
            gate = courier.gates[what, first] = rendezvous()
            held = server.start("GET", waiting.format(first))
            await gate.meets(1, f"`GET {waiting.format(first)}` came, and `{what}` was not called for this parcel.")
            for route, expected in zip(ROUTES, (courier.positions[other], courier.shown(other)), strict=True):
                response = await served(courier, server, route.format(other))
                assert not gate.gave_up, (
                    f"Parcel {first} was waiting in `{what}`, and as long as it did, `GET {route.format(other)}` was not answered. Something "
                    "lets only one request at a time get to the courier, or kept the event loop from going on."
                )
                assert response.json() == exactly(expected), "This is the answer for one parcel while another waits."
            gate.open()
            response = await held.reply()
            assert response.status_code == 200, f"Parcel {first} had to wait, and then the courier answered."
            expected = courier.positions[first] if what == "locate" else courier.shown(first)
            assert response.json() == exactly(expected), (
                f"Parcel {first} had to wait, and meanwhile others were served. This is the answer that it got."
            )


async def test_sdk_runs_on_the_loop_that_serves_the_requests(courier, app, asgi):
    """Sessions are entered, used and left on the event loop that serves the requests, and nowhere else."""
    courier.serve()
    async with asgi(app) as server:
        for route in ROUTES:
            await served(courier, server, route.format(courier.parcel()))
        got = {what: " and ".join(sorted(places)) for what, places in courier.places.items()}
        # Whether each session is entered and left is the affair of another check.
        expected = dict.fromkeys((*got, "locate", "scans"), LOOP)
        assert got == expected, told(
            (
                any("another loop" in place for place in got.values()),
                "The answers are right, but the SDK was used on a second event loop. In life its connections belong to the loop "
                "that serves, and they do not work on another one.",
            ),
            "This is what was used of the SDK, and where.",
        )
