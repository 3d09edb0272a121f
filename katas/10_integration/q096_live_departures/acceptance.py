"""Checks of q096: displays that subscribe to departures, vehicles that report, and displays that go."""

import asyncio
import contextlib
import functools
import json
import time
from collections import deque

import pytest

from pytest_fastapi_kata.checks import exactly, told, value_at
from pytest_fastapi_kata.rendezvous import settle, until

PROTOCOL = "graphql-transport-ws"
SUBSCRIPTION = "subscription($stop: String!) {departures(stop: $stop) {stop line minutes}}"
DEPARTURE = "query($stop: String!) {departure(stop: $stop) {stop line minutes}}"
WATCHERS = "query($stop: String!) {watchers(stop: $stop)}"
REPORT = (
    "mutation($stop: String!, $line: String!, $minutes: Int!) "
    "{report(stop: $stop, line: $line, minutes: $minutes) {stop line minutes}}"
)
REAL_SECONDS = 6


class Session:
    """A session of the board's, which can be used until it is given back."""

    def __init__(self, board):
        self.board, self.is_open = board, True

    async def current(self, stop):
        self._stand()
        found = self.board.departures.get(stop)
        gate, self.board.reading = self.board.reading, None
        await (asyncio.sleep(0) if gate is None else gate.passed())
        return found

    async def save(self, stop, line, minutes):
        self._stand()
        gate, self.board.saving = self.board.saving, None
        await (asyncio.sleep(0) if gate is None else gate.passed())
        if stop not in self.board.departures:
            raise KeyError(stop)
        self.board.departures[stop] = (line, minutes)
        await asyncio.sleep(0)

    def _stand(self):
        if not self.is_open:
            raise RuntimeError("this session has been given back")


class Board:
    """The operator's board: stops and tokens of this run, and how many sessions are out.

    A gate in ``reading`` or ``saving`` holds the next call: a read after it has looked, a save before it has stored.
    """

    def __init__(self, rng):
        self.users = {f"t-{rng.word()}-{rng.digits(4)}": name for name in rng.names(3)}
        self.stops = rng.words(5)
        self.departures = {stop: (str(rng.randint(1, 99)), rng.randint(0, 30)) for stop in self.stops}
        self.open, self.opened = 0, 0
        self.reading = self.saving = None

    def user(self, token):
        return self.users.get(token)

    @contextlib.asynccontextmanager
    async def session(self):
        self.open += 1
        self.opened += 1
        session = Session(self)
        try:
            await asyncio.sleep(0)
            yield session
        finally:
            session.is_open = False
            self.open -= 1


class Display:
    """A display at a stop: a WebSocket with subscriptions, and what each of them is about to hear."""

    def __init__(self, tram, socket):
        self.tram, self.socket = tram, socket
        self.heard = {}

    @property
    def ending(self):
        """How the connection has ended, if it has."""
        if self.socket.close_code is not None:
            return f" The app has closed this connection with {self.socket.close_code}."
        if not self.socket.has_ended:
            return ""
        error = self.socket.raised
        return f" The connection's endpoint has ended{f', with {described(error)}' if error else ''}."

    def about(self):
        self.tram.about = self.socket

    async def opened(self, otherwise):
        self.about()
        await until(lambda: self.socket.status is not None or self.socket.has_ended)
        assert self.socket.status == 101, f"{otherwise} The handshake at `/graphql` was not accepted.{self.ending}"

    async def connected(self, otherwise="A client with a known token has sent `connection_init`."):
        """The handshake is accepted with the right protocol, and the token acknowledged."""
        await self.opened(f"A client offers `{PROTOCOL}`.")
        self.init({"token": self.tram.token})
        got = await self.next(None, f"{otherwise} It should be acknowledged.")
        assert value_at(got, "type") == "connection_ack", f"{otherwise} It should be acknowledged."

    def init(self, *payload):
        self.socket.say_json({"type": "connection_init", **({"payload": payload[0]} if payload else {})})

    def subscribe(self, name, stop):
        self.heard.pop(name, None)
        self.socket.say_json(
            {"id": name, "type": "subscribe", "payload": {"query": SUBSCRIPTION, "variables": {"stop": stop}}}
        )

    def complete(self, name):
        self.socket.say_json({"id": name, "type": "complete"})

    def box(self, name):
        return self.heard.setdefault(name, deque())

    async def sort(self):
        """Give each message that has come to its subscription; None is the connection itself."""
        while self.socket.unread:
            message = await self.socket.next_json()
            if value_at(message, "type") == "ping":
                # A server may look whether its client is still there.
                continue
            self.box(value_at(message, "id")).append(message)

    async def next(self, name, otherwise):
        """The next message to a subscription, or to the connection itself."""
        self.about()
        while True:
            await self.sort()
            if self.box(name):
                return self.box(name).popleft()
            if self.socket.has_ended or not await until(lambda: self.socket.unread or self.socket.has_ended):
                await self.sort()
                if not self.box(name):
                    raise AssertionError(f"{otherwise} Nothing (more) has come.{self.ending}")

    async def hears(self, name, departure, otherwise):
        """The next message to a subscription is this departure."""
        got = await self.next(name, f"{otherwise} It should be told: {json.dumps(departure)}.")
        payload = value_at(got, "payload")
        if isinstance(payload, dict):
            got = {**got, "payload": {key: value for key, value in payload.items() if key != "extensions"}}
        expected = {"id": name, "type": "next", "payload": {"data": {"departures": departure}}}
        assert got == exactly(expected), otherwise

    async def fails(self, name, otherwise):
        """The next message to a subscription is an error, as `error` or as `next` with `errors`."""
        got = await self.next(name, f"{otherwise} It should be told of an error.")
        kind, payload = value_at(got, "type"), value_at(got, "payload")
        errors = payload if kind == "error" else value_at(payload, "errors") if kind == "next" else None
        assert isinstance(errors, list) and errors, (
            f"{otherwise} It should be told of an error, by `error` or by `next` with `errors`. This was its message: "
            f"{json.dumps(got)[:300]}"
        )
        # A `complete` may follow; the subscription is over.
        return errors


class Tram:
    """The app, the board, and the displays of this run."""

    def __init__(self, asgi, rng, board, gate):
        self.asgi, self.rng, self.board, self.gate = asgi, rng, board, gate
        self.token = rng.choice(sorted(board.users))
        self.server = self.about = None
        self.minutes = iter(rng.numbers(200, 31, 999))

    @contextlib.asynccontextmanager
    async def on_air(self, app):
        before = asyncio.all_tasks()
        try:
            async with self.asgi(app) as self.server:
                try:
                    yield
                except BaseException:
                    self._show()
                    raise
        finally:
            rest = asyncio.all_tasks() - before
            for task in rest:
                task.cancel()
            if rest:
                _, stuck = await asyncio.wait(rest, timeout=0.2)
                for task in stuck:
                    # Who swallows a cancellation would be waited for without end when the loop is closed.
                    asyncio.tasks._unregister_task(task)  # noqa: SLF001 - there is no other way to let it be

    def _show(self):
        """What the check failed for is shown to the learner, and not what ends when the server does."""
        with contextlib.suppress(AttributeError):
            recorder, self.server._recorder = self.server._recorder, None  # noqa: SLF001 - nothing else gives it
            if self.about is not None:
                error = self.about.raised
                recorder.note_raised(error if isinstance(error, Exception) else None)
                recorder.add(self.about.exchange("/graphql"))

    def stop(self, number=0):
        return self.board.stops[number]

    def state(self, stop):
        """What the board says, as the learner's app shows it."""
        line, minutes = self.board.departures[stop]
        return {"stop": stop, "line": line, "minutes": minutes}

    def news(self, stop):
        """A departure that nobody has been told of."""
        return {"stop": stop, "line": str(self.rng.randint(100, 999)), "minutes": next(self.minutes)}

    def dial(self, protocols=(PROTOCOL,)):
        return Display(self, self.server.websocket("/graphql", subprotocols=protocols))

    async def display(self, otherwise="A client with a known token has sent `connection_init`."):
        display = self.dial()
        await display.connected(otherwise)
        return display

    async def watching(self, *stops):
        """A display that subscribes to these stops, as a, b, c, and has been told the state of each."""
        display = await self.display()
        for name, stop in zip("abcdef", stops, strict=False):
            display.subscribe(name, stop)
            await display.hears(name, self.state(stop), "A display has subscribed. This is the state that is saved.")
        return display

    # Asking and reporting over HTTP.

    def start_rest(self, departure):
        body = {"line": departure["line"], "minutes": departure["minutes"]}
        return self.server.start("POST", f"/stops/{departure['stop']}/departure", json=body)

    def start_mutation(self, departure):
        return self.server.start("POST", "/graphql", json={"query": REPORT, "variables": departure})

    async def answered(self, call, otherwise):
        assert await until(lambda: call.is_answered), otherwise
        self.about = None
        return await call.reply()

    async def reported(self, call, departure, otherwise="A vehicle has reported."):
        """The report is answered with what was reported, and saved; by either way."""
        response = await self.answered(call, f"{otherwise} The report is not answered.")
        assert response.status_code == 200, otherwise
        is_graphql = call.scope["path"] == "/graphql"
        assert response.json() == exactly({"data": {"report": departure}} if is_graphql else departure), otherwise
        assert self.state(departure["stop"]) == exactly(departure), f"{otherwise} This is what the board has saved."

    async def rest(self, departure, otherwise="A vehicle has reported."):
        await self.reported(self.start_rest(departure), departure, otherwise)

    async def mutation(self, departure, otherwise="Somebody has reported by the mutation."):
        await self.reported(self.start_mutation(departure), departure, otherwise)

    async def ask(self, query, **variables):
        call = self.server.start("POST", "/graphql", json={"query": query, "variables": variables})
        response = await self.answered(call, "A query is not answered.")
        assert response.status_code == 200, told(
            (response.status_code == 404, "GraphQL is served at `/graphql`, with POST, and needs no token there.")
        )
        return response

    async def shows_watchers(self, stop, count, otherwise):
        """The query `watchers` says so many, at once or after a moment."""
        expected = exactly({"data": {"watchers": count}})
        for _ in range(200):
            response = await self.ask(WATCHERS, stop=stop)
            if response.json() == expected:
                return
            await asyncio.sleep(0.01)
        assert response.json() == expected, f"{otherwise} This is what the query `watchers` says of that stop."

    async def shows_departure(self, stop, otherwise):
        response = await self.ask(DEPARTURE, stop=stop)
        departure = self.state(stop) if stop in self.board.departures else None
        assert response.json() == exactly({"data": {"departure": departure}}), otherwise

    async def holds_no_session(self, otherwise):
        await until(lambda: self.board.open == 0)
        held = self.board.open
        assert held == 0, (
            f"{otherwise} These board sessions are still out: {held}, of {self.board.opened} that were opened."
        )


def described(error):
    return f"{type(error).__name__}: {error}".rstrip(".: ")


def on_air(check):
    """Run an async check while the learner's app is served."""

    @functools.wraps(check)
    async def run(tram, app):
        async with tram.on_air(app):
            await check(tram)

    # pytest asks the function that it calls for its parameters.
    del run.__wrapped__
    return run


@pytest.fixture
def tram(asgi, rng, given, rendezvous):
    board = Board(rng)
    given("board", user=board.user, session=board.session)
    return Tram(asgi, rng, board, rendezvous)


@on_air
async def test_current_state_and_then_every_report(tram):
    """A subscription first delivers the state that is saved, then every report of its stop, by whichever way it was made."""
    stop, other = tram.stop(), tram.stop(1)
    await tram.shows_departure(stop, "A query without a token. This is the next departure at a stop.")
    display = await tram.watching(stop)
    for report, otherwise in (
        (tram.rest, "A vehicle has reported by `POST /stops/{stop}/departure`. Somebody has subscribed to that stop."),
        (tram.mutation, "Somebody has reported by the mutation. Somebody has subscribed to that stop."),
    ):
        departure = tram.news(stop)
        await report(departure)
        await display.hears("a", departure, otherwise)
    await tram.rest(tram.news(other))
    await tram.mutation(tram.news(other))
    departure = tram.news(stop)
    await tram.mutation(departure)
    await display.hears("a", departure, "There were reports at another stop, and then one at this display's stop.")
    await tram.rest(departure)
    await display.hears("a", departure, "The same departure was reported once more. Every report is delivered.")
    for one in (stop, other):
        await tram.shows_departure(one, "After several reports the query shows the last one of that stop.")
    # The operator's own people write to the board, too.
    tram.board.departures[stop] = ("X", next(tram.minutes))
    await tram.shows_departure(stop, "Somebody else has changed the board. The query shows what is saved there.")
    late = await tram.display()
    late.subscribe("z", stop)
    await late.hears(
        "z", tram.state(stop), "Somebody else has changed the board, and then a display subscribed. Its first message."
    )


@on_air
async def test_unknown_stops_are_errors_and_harm_nobody(tram):
    """For an unknown stop a subscription and the mutation are errors, the route answers 404, the query null. Others on the same socket live on."""
    stop, unknown = tram.stop(), tram.rng.word(6)
    display = await tram.watching(stop)
    display.subscribe("x", unknown)
    await display.fails("x", "A display has subscribed to a stop that does not exist.")
    await tram.shows_departure(unknown, "The query for a stop that does not exist is null, and no error.")
    departure = tram.news(unknown)
    call = tram.start_mutation(departure)
    response = await tram.answered(call, "A mutation is not answered.")
    assert response.status_code == 200
    answer = response.json()
    assert value_at(answer, "errors"), "The mutation for a stop that does not exist is an error in `errors`."
    assert value_at(answer, "data") is None, "The mutation for a stop that does not exist has no data."
    response = await tram.answered(tram.start_rest(departure), "A report is not answered.")
    assert response.status_code == 404, "A vehicle has reported from a stop that does not exist."
    departure = tram.news(stop)
    await tram.rest(departure)
    await display.hears(
        "a",
        departure,
        "Beside it, on the same socket, somebody subscribed to a stop that does not exist. Then there was a report for this one.",
    )
    await tram.shows_watchers(unknown, 0, "Somebody tried to subscribe to a stop that does not exist.")
    await tram.shows_watchers(stop, 1, "One subscription is running.")


@on_air
async def test_nothing_is_lost_while_the_state_is_read(tram):
    """A report is not lost, however close it comes to the moment in which a subscription begins."""
    await _read_is_held(tram, tram.stop())
    await _save_is_held(tram, tram.stop(1))


async def _read_is_held(tram, stop):
    gate = tram.gate()
    display, old, departure = await tram.display(), tram.state(stop), tram.news(stop)
    tram.board.reading = gate
    display.subscribe("a", stop)
    display.about()
    await gate.meets(1, "A display has subscribed, and nobody has asked the board for the state of its stop.")
    call = tram.start_rest(departure)
    await turns(lambda: call.is_answered)
    await settle()
    gate.open()
    what = "While a subscription was reading the state, which had been looked up already, a vehicle reported."
    await tram.reported(call, departure, what)
    await _hears_of_both(tram, display, old, departure, what)


async def _save_is_held(tram, stop):
    gate = tram.gate()
    display, old, departure = await tram.display(), tram.state(stop), tram.news(stop)
    tram.board.saving = gate
    call = tram.start_rest(departure)
    await gate.meets(1, "A vehicle has reported, and nobody has asked the board to save that.")
    display.subscribe("a", stop)
    await turns(lambda: display.socket.unread)
    gate.open()
    what = "While a report was being saved, but not stored yet, a display subscribed."
    await tram.reported(call, departure, what)
    await _hears_of_both(tram, display, old, departure, what)


async def _hears_of_both(tram, display, old, departure, what):
    """The display is told of this report, as the state or after it, and then of one more."""
    last = tram.news(departure["stop"])
    await tram.mutation(last)
    what = f"{what} Then there was one more report."
    heard = []
    while last not in heard:
        got = await display.next("a", f"{what} The display is to hear of the last one, whatever came before.")
        heard.append(value_at(value_at(value_at(got, "payload"), "data"), "departures"))
        assert heard[-1] in (old, departure, last), f"{what} The display is told the state, and then the reports."
    # It may have read the state a second time, after that report.
    assert departure in heard, (
        f"{what} The display never heard of the first one, neither as the state nor as a report. When it was told to those "
        "who listen, this display was not among them; when it was saved, this display had read the state."
    )
    order = [old, departure, last]
    assert heard == sorted(heard, key=order.index), f"{what} They come in order."


async def turns(condition):
    """A moment for what may happen, or may rightly wait."""
    for _ in range(100):
        if condition():
            return
        await asyncio.sleep(0.004)


@on_air
async def test_two_subscriptions_share_a_socket_and_two_sockets_a_stop(tram):
    """Each subscription hears every report of its stop, whether it shares the socket, the stop, or both. `watchers` counts subscriptions."""
    stop, other, empty = tram.stop(), tram.stop(1), tram.stop(2)
    first = await tram.watching(stop, other, stop)
    second = await tram.watching(stop)
    for one, count in ((stop, 3), (other, 1), (empty, 0)):
        await tram.shows_watchers(one, count, "Two sockets have four subscriptions: three to one stop, one to another.")
    for number in range(4):
        one = (stop, other)[number % 2]
        departure = tram.news(one)
        await (tram.rest if number < 2 else tram.mutation)(departure)
        for display, name, watched in (
            (first, "a", stop),
            (first, "b", other),
            (first, "c", stop),
            (second, "a", stop),
        ):
            if watched == one:
                await display.hears(
                    name,
                    departure,
                    "Four subscriptions are running. Each hears every report of its stop, and no other.",
                )


@on_air
async def test_complete_and_loss_end_the_subscription(tram):
    """`complete`, a closed socket and a lost one end the subscription: it is no longer among the watchers. Others are not touched."""
    stop, other = tram.stop(), tram.stop(1)
    first = await tram.watching(stop, stop)
    second, third = await tram.watching(stop), await tram.watching(stop)
    await tram.shows_watchers(stop, 4, "Four subscriptions are running.")
    first.complete("a")
    await tram.shows_watchers(stop, 3, "One of four subscriptions was ended by `complete`.")
    first.socket.say_json({"type": "ping"})
    got = await first.next(None, "A subscription was ended by `complete`, and then came a `ping`. It is answered.")
    assert value_at(got, "type") == "pong", "A subscription was ended by `complete`, and then came a `ping`."
    departure = tram.news(stop)
    await tram.rest(departure)
    for display, name in ((first, "b"), (second, "a"), (third, "a")):
        await display.hears(name, departure, "One of four subscriptions was ended by `complete`. The others go on.")
    ended = [value_at(one, "type") for one in first.box("a")]
    assert "next" not in ended, "A subscription was ended by `complete`, and then there was a report. It hears no more."
    first.subscribe("a", other)
    await first.hears("a", tram.state(other), "After `complete`, the same id was used for another stop.")
    await tram.shows_watchers(other, 1, "After `complete`, the same id was used for another stop.")
    second.socket.leave(1000)
    await tram.shows_watchers(stop, 2, "Three subscriptions were running, and one display has closed its socket.")
    third.socket.stall()
    departure = tram.news(stop)
    await tram.rest(departure)
    third.about()
    await third.socket.sending("There was a report. Nothing is being sent to one of the displays.")
    third.socket.leave(1006)
    await tram.shows_watchers(
        stop, 1, "Two subscriptions were running, and one display's socket was lost while a message was on its way."
    )
    await first.hears("b", departure, "Another display's socket was lost.")
    first.socket.leave(1001)
    for one in (stop, other):
        await tram.shows_watchers(one, 0, "A display has closed a socket with two subscriptions, the last ones.")
    await tram.rest(tram.news(stop), "A vehicle has reported, and nobody is watching any more.")


@on_air
async def test_only_known_tokens_get_an_ack(tram):
    """`connection_init` with a known token is acknowledged. With anything else the socket is closed with 4403 and no acknowledgement. HTTP needs no token."""
    await tram.shows_departure(tram.stop(), "A query over HTTP needs no token.")
    await tram.display()
    name = tram.board.users[tram.token]
    for what, payload in (
        ("no payload", []),
        ("an empty payload", [{}]),
        ("a token that nobody has", [{"token": f"t-{tram.rng.word()}"}]),
        ("the name of a user instead of a token", [{"token": name}]),
        ("null as the token", [{"token": None}]),
        ("a number as the token", [{"token": tram.rng.randint(1, 999)}]),
        ("a list as the token", [{"token": [tram.token]}]),
        ("a known token under another key", [{"Authorization": f"Bearer {tram.token}", "authToken": tram.token}]),
    ):
        display = tram.dial()
        await display.opened(f"A client offers `{PROTOCOL}`.")
        display.init(*payload)
        display.about()
        await until(
            lambda display=display: display.socket.close_code or display.socket.unread or display.socket.has_ended
        )
        await settle()
        sent = [value_at(await display.socket.next_json(), "type") for _ in range(display.socket.unread)]
        assert "connection_ack" not in sent, (
            f"`connection_init` with {what} was acknowledged. Whoever has an acknowledgement may subscribe."
        )
        assert display.socket.close_code == 4403, (
            f"`connection_init` with {what}. The socket is closed with 4403.{display.ending}"
        )
    display = tram.dial()
    await display.opened(f"A client offers `{PROTOCOL}`.")
    display.subscribe("a", tram.stop())
    display.about()
    await until(lambda: display.socket.close_code or display.socket.unread or display.socket.has_ended)
    assert display.socket.close_code == 4401, (
        f"A client subscribes without `connection_init`. The socket is closed with 4401.{display.ending}"
    )


@on_air
async def test_only_the_current_protocol_is_spoken(tram):
    """A client that does not offer `graphql-transport-ws` is turned away with 4406; one that offers more than that gets it."""
    stop = tram.stop()
    both = tram.dial(("graphql-ws", PROTOCOL))
    await both.opened(f"A client offers `graphql-ws` and `{PROTOCOL}`.")
    assert both.socket.subprotocol == PROTOCOL, (
        f"A client offers `graphql-ws`, the older protocol, and `{PROTOCOL}`. This is the one that was chosen."
    )
    await both.connected(f"A client offered two protocols, `{PROTOCOL}` was chosen, and it has sent `connection_init`.")
    both.subscribe("a", stop)
    await both.hears("a", tram.state(stop), "A display has subscribed. This is the state that is saved.")
    for protocols in (("graphql-ws",), ()):
        what = "A client offers only `graphql-ws`, the older protocol." if protocols else "A client offers no protocol."
        display = tram.dial(protocols)
        display.about()
        socket = display.socket
        await until(lambda s=socket: s.close_code is not None or s.has_ended or s.subprotocol)
        assert socket.subprotocol is None, f"{what} It was accepted, with this protocol."
        assert socket.close_code == 4406, f"{what} It is turned away with 4406.{display.ending}"


@on_air
async def test_watching_holds_no_session(tram):
    """A socket holds no board session, and neither does a subscription while it waits or while its message is on its way."""
    stop = tram.stop()
    display = await tram.display()
    await tram.holds_no_session("A display is connected, and has not subscribed yet.")
    display.subscribe("a", stop)
    await display.hears("a", tram.state(stop), "A display has subscribed. This is the state that is saved.")
    await tram.holds_no_session("A display has been told the state, and waits for reports.")
    departure = tram.news(stop)
    await tram.rest(departure)
    await display.hears("a", departure, "There was a report.")
    await tram.holds_no_session("A display has been told of a report, and waits for the next.")
    display.socket.stall()
    display.subscribe("b", stop)
    await display.socket.sending("A display has subscribed once more. Nothing is being sent to it.")
    await tram.holds_no_session("A display has subscribed, and its line does not take the first message yet.")


@on_air
async def test_a_blocked_watcher_delays_nobody(tram):
    """A watcher that does not read delays neither reports nor other watchers. Once it reads again, it gets every report, in order."""
    stop = tram.stop()
    blocked, other = await tram.watching(stop), await tram.watching(stop)
    blocked.socket.stall()
    departures = [tram.news(stop) for _ in range(30)]
    for number, departure in enumerate(departures):
        otherwise = "One of two watchers does not read."
        await (tram.mutation if number % 2 else tram.rest)(departure, otherwise)
        await other.hears("a", departure, f"{otherwise} This is what the other one hears.")
        if not number:
            blocked.about()
            await blocked.socket.sending("There was a report. Nothing is being sent to one of two watchers.")
    await tram.shows_watchers(stop, 2, "One of two watchers does not read. Both are watching.")
    assert blocked.socket.unread == 0
    blocked.socket.flow()
    for departure in departures:
        await blocked.hears(
            "a",
            departure,
            "A watcher did not read during 30 reports, and reads again. It hears each of them, in order.",
        )


def test_over_a_real_connection(tram, app, served, http):
    """Served by uvicorn, with a WebSocket client: acknowledgement, state, report, and no watcher once the socket is closed."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    url = served(app)
    stop = tram.stop()

    def receive(what):
        try:
            text = socket.recv(timeout=REAL_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{what} Nothing has come.") from None
        except WebSocketException as error:
            raise AssertionError(f"{what} The connection has ended: {described(error)}") from None
        try:
            return json.loads(text)
        except ValueError:
            raise AssertionError(f"{what} The message was to be JSON, and it is: {text[:200]!r}") from None

    def next_departure(departure):
        return {"id": "a", "type": "next", "payload": {"data": {"departures": departure}}}

    def watchers(count, otherwise):
        """The query says so many, at once or after a moment."""
        end = time.monotonic() + REAL_SECONDS
        while True:
            response = http.post(f"{url}/graphql", json={"query": WATCHERS, "variables": {"stop": stop}})
            assert response.status_code == 200
            if response.json() == exactly({"data": {"watchers": count}}) or time.monotonic() > end:
                assert response.json() == exactly({"data": {"watchers": count}}), otherwise
                return
            time.sleep(0.02)

    try:
        socket = connect(
            f"ws{url.removeprefix('http')}/graphql", subprotocols=[PROTOCOL], proxy=None, open_timeout=REAL_SECONDS
        )
    except (WebSocketException, OSError) as error:
        raise AssertionError(f"The WebSocket at `/graphql` could not be opened: {described(error)}") from None
    with socket:
        socket.send(json.dumps({"type": "connection_init", "payload": {"token": tram.token}}))
        got = receive("A client with a known token has sent `connection_init`.")
        assert value_at(got, "type") == "connection_ack", "A client with a known token has sent `connection_init`."
        payload = {"query": SUBSCRIPTION, "variables": {"stop": stop}}
        socket.send(json.dumps({"id": "a", "type": "subscribe", "payload": payload}))
        got = receive("A display has subscribed. The state is to come.")
        assert got == exactly(next_departure(tram.state(stop))), (
            "A display has subscribed. Its first message is the state."
        )
        watchers(1, "One display is watching.")
        departure = tram.news(stop)
        response = http.post(
            f"{url}/stops/{stop}/departure", json={"line": departure["line"], "minutes": departure["minutes"]}
        )
        assert response.status_code == 200
        assert response.json() == exactly(departure)
        got = receive("There was a report. It is to come.")
        assert got == exactly(next_departure(departure)), "There was a report."
    watchers(0, "The only display has closed its socket.")
