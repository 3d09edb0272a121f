"""Checks of q047: a worker on the app's own loop, from the start to the end of the shutdown."""

import asyncio
import contextlib
import threading

import anyio
import pytest

from pytest_fastapi_kata.checks import exactly, refusal, refused_at, told
from pytest_fastapi_kata.rendezvous import settle, until


class Gateway:
    """A gateway that notes what it is given and on which loop, and keeps what it is told to keep."""

    def __init__(self, rendezvous):
        self._rendezvous = rendezvous
        self.messages = []
        self.places = []
        self.ends = []
        self.inside = self.most = 0
        self.gates = {}
        self.faults = {}
        self.clean_up = None

    def forget(self):
        """Begin anew, with a gateway that keeps nothing."""
        self.messages, self.ends, self.gates, self.faults = [], [], {}, {}

    def keep(self, turn):
        """A gate in which the delivery that begins as number ``turn`` is kept."""
        self.gates[turn] = self._rendezvous()
        return self.gates[turn]

    async def deliver(self, message):
        self.messages.append(dict(message) if isinstance(message, dict) else message)
        self.places.append((asyncio.get_running_loop(), threading.get_ident()))
        turn = len(self.messages)
        self.ends.append("under way")
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            if turn in self.gates:
                await self.gates[turn].passed()
            for _ in range(3):
                await asyncio.sleep(0)
        except BaseException:
            self.ends[turn - 1] = "being cancelled"
            if self.clean_up is not None:
                await self._cleaned_up()
            self.ends[turn - 1] = "cancelled"
            raise
        finally:
            self.inside -= 1
        if turn in self.faults:
            self.ends[turn - 1] = "failed"
            raise self.faults[turn]
        self.ends[turn - 1] = "delivered"

    async def _cleaned_up(self):
        # A clean-up that cannot be interrupted, by whatever library the app cancels.
        with anyio.CancelScope(shield=True):
            rest = asyncio.ensure_future(self.clean_up.passed())
            while not rest.done():
                with contextlib.suppress(asyncio.CancelledError):
                    await asyncio.shield(rest)


class Run:
    """One run of an app, from its start to the end of its shutdown, in a task of its own as with a server."""

    def __init__(self, app, asgi, *, beside_another=False):
        self._app, self._asgi = app, asgi
        self._beside_another = beside_another
        self._stopping = asyncio.Event()
        self.left = None

    async def __aenter__(self):
        self._started = asyncio.get_running_loop().create_future()
        self._live_task = asyncio.create_task(self._live())
        self._before = asyncio.all_tasks()
        await asyncio.wait([self._live_task, self._started], timeout=3, return_when="FIRST_COMPLETED")
        if not self._started.done():
            over = self._live_task.done()
            await self._give_up()
            if over:
                self._live_task.result()
            raise AssertionError("The app does not come up: its start-up does not come to an end.")
        await settle()
        return self

    async def _live(self):
        async with self._asgi(self._app) as server:
            self.server = server
            # Before they have run: one that ends at once is to be known, too.
            self.tasks = asyncio.all_tasks() - self._before
            self._started.set_result(None)
            await self._stopping.wait()
        self.left = list(asyncio.all_tasks() - self._before)

    async def __aexit__(self, *error):
        self._stopping.set()
        await self._give_up()

    async def _give_up(self):
        """End all that is left; a task that refuses to end is taken out of the loop's sight."""
        for _ in range(2):
            rest = [task for task in asyncio.all_tasks() | {self._live_task} if self._is_apps(task)]
            if rest:
                await asyncio.wait(rest, timeout=0.05)
                for task in rest:
                    task.cancel()
                await asyncio.wait(rest, timeout=0.2)
        for task in filter(self._is_apps, asyncio.all_tasks()):
            asyncio._unregister_task(task)  # noqa: SLF001 - documented for those who extend asyncio

    def _is_apps(self, task):
        # Beside another run, it cannot be told whose task it is; the other one sees to it.
        own = task is self._live_task or (task not in self._before and not self._beside_another)
        return own and not task.done()

    def stop(self):
        """Begin the shutdown, and return at once."""
        self._stopping.set()

    @property
    def is_over(self):
        return self._live_task.done()

    async def over(self, otherwise):
        """Wait for the end of the shutdown."""
        await asyncio.wait([self._live_task], timeout=3)
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks() - self._before]
        still = f" Still running: {', '.join(f'`{name}`' for name in names)}." if names else ""
        assert self.is_over, f"{otherwise}{still}"
        self._live_task.result()

    @property
    def trouble(self):
        """What has ended a task of the app's, said to the learner."""
        for task in self.tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                error = task.exception()
                return f" A task that was started with the app has ended, with {type(error).__name__}: {error}"
        return ""

    async def post(self, text="", to="", body=None):
        """Hand a message in, and return the answer."""
        call = self.server.start("POST", "/messages", json={"to": to, "text": text} if body is None else body)
        if not await until(lambda: call.is_answered):
            raise AssertionError(
                "`POST /messages` is not answered while the gateway is busy. The client is to wait for nothing: its message is "
                "accepted, and goes out later."
            )
        return await call.reply()

    async def accepted(self, expected, **message):
        """Hand a message in that has to get this id."""
        response = await self.post(**message)
        assert response.status_code == 202
        assert response.json() == exactly({"id": expected})

    async def outbox(self):
        response = await self.server.request("GET", "/outbox")
        assert response.status_code == 200
        return response

    async def outbox_is(self, otherwise="", **expected):
        """Ask until the outbox is as expected, or for long enough. ``otherwise`` may be a function that words it then."""
        expected = {"waiting": [], "sending": None, "sent": [], "failed": [], **expected}
        for _ in range(60):
            response = await self.outbox()
            if response.json() == exactly(expected):
                return
            await asyncio.sleep(0.01)
        assert response.json() == exactly(expected), (otherwise() if callable(otherwise) else otherwise) + self.trouble

    async def reached(self, gateway, turn):
        """Wait until that delivery has begun."""
        begun = await until(lambda: len(gateway.messages) >= turn)
        assert begun, (
            f"Delivery {turn} does not begin, and nothing is in its way. `deliver` was called {len(gateway.messages)} times so "
            f"far.{self.trouble}"
        )


@pytest.fixture
def limit(rng):
    """The seconds that a shutdown may take."""
    return float(rng.randint(20, 90))


@pytest.fixture
def gateway(rendezvous):
    return Gateway(rendezvous)


@pytest.fixture
def post_office(given):
    """The given file, in place before the learner's app is imported."""
    return given("gateway")


@pytest.fixture
def factory(post_office, module):
    """`create_app`, to be called where no loop runs."""
    create = getattr(module, "create_app", None)
    assert callable(create), "`app.py` has no `create_app` that could be called."
    return create


@pytest.fixture
def running(factory, gateway, limit, asgi):
    """`running()` is the run of an app that nobody has started before."""
    apps = [factory(gateway, limit) for _ in range(5)]
    return lambda: Run(apps.pop(), asgi)


async def test_message_is_accepted_before_it_is_delivered(running, gateway, rng):
    """`POST /messages` answers 202 with the id while the gateway is still busy, and `GET /outbox` shows what is waiting, being sent and sent. Without `to` or `text` the answer is 422, and no id is used up."""
    names, texts = rng.names(3), [rng.title(4) for _ in range(3)]
    async with running() as run:
        response = await run.outbox()
        assert response.json() == exactly({"waiting": [], "sending": None, "sent": [], "failed": []}), (
            "The app has just been started, and nobody has handed anything in."
        )
        gate = gateway.keep(1)
        await run.accepted(1, to=names[0], text=texts[0])
        await run.reached(gateway, 1)
        await run.outbox_is(sending=1, otherwise="The gateway has message 1, and is not through with it.")
        await run.accepted(2, to=names[1], text=texts[1])
        for missing, body in (("text", {"to": names[2]}), ("to", {"text": texts[2]})):
            response = await run.post(body=body)
            assert refusal(response) == refused_at(f"body.{missing}")
        await run.accepted(3, to=names[2], text=texts[2])
        await run.outbox_is(
            sending=1,
            waiting=[2, 3],
            otherwise="The gateway still has message 1. Two more were accepted, and their delivery has not begun.",
        )
        gate.open()
        await run.outbox_is(sent=[1, 2, 3], otherwise="The gateway takes everything now.")
        expected = [
            {"id": number, "to": to, "text": text}
            for number, (to, text) in enumerate(zip(names, texts, strict=True), 1)
        ]
        assert gateway.messages == exactly(expected), (
            "This is what `deliver` was called with, one call after the other."
        )


async def test_messages_are_delivered_one_at_a_time_in_order(running, gateway, rng):
    """Of ten messages that are handed in at once, the gateway has never more than one, and gets them in the order of their ids."""
    texts = rng.words(10)
    async with running() as run:
        gate = gateway.keep(1)
        calls = [
            run.server.start("POST", "/messages", json={"to": rng.name(), "text": text}) for text in rng.shuffled(texts)
        ]
        await until(lambda: all(call.is_answered for call in calls))
        assert [call.is_answered for call in calls] == [True] * 10, (
            "Ten clients handed a message in at the same time, while the gateway is busy. Not all of them were answered."
        )
        replies = [await call.reply() for call in calls]
        assert [reply.status for reply in replies] == [202] * 10
        assert sorted(reply.text for reply in replies) == sorted(f'{{"id":{number}}}' for number in range(1, 11)), (
            "Ten messages were accepted. These are the answers, sorted as text."
        )
        await run.reached(gateway, 1)
        await settle()
        one = "The gateway had several messages at the same time. It takes one, and the next when that is through."
        assert gateway.most == 1, one
        gate.open()
        await run.outbox_is(sent=list(range(1, 11)), otherwise="The gateway takes everything now.")
        assert gateway.most == 1, one
        numbers = [message.get("id") for message in gateway.messages if isinstance(message, dict)]
        assert numbers == list(range(1, 11)), "These are the ids in the order in which the gateway got them."


async def test_deliveries_run_on_the_serving_loop(running, gateway, rng):
    """`deliver` is awaited on the event loop that serves the requests."""
    async with running() as run:
        for number in (1, 2, 3):
            await run.accepted(number, to=rng.name(), text=rng.word())
        await run.outbox_is(
            sent=[1, 2, 3],
            otherwise="Three messages were handed in. The gateway takes each at once, and gets the next as soon as it is free.",
        )
        here = (asyncio.get_running_loop(), threading.get_ident())
        places = ["the serving loop" if place == here else "another loop" for place in gateway.places]
        assert places == ["the serving loop"] * 3, told(
            (
                any(thread != here[1] for _, thread in gateway.places),
                "`deliver` was awaited in another thread, on an event loop of that thread's. The gateway's connections belong "
                "to the loop that serves the requests.",
            ),
            "These are the loops on which the deliveries were awaited.",
        )


async def test_failed_delivery_does_not_stop_the_worker(running, gateway, post_office, rng):
    """A delivery that raises `DeliveryError`, or any other `Exception`, is shown under `failed`, and the next ones go on."""
    faults = [
        post_office.DeliveryError(rng.word()),
        ZeroDivisionError("a bug in the gateway"),
        TimeoutError("too slow"),
    ]
    gateway.faults = {2: faults[0], 4: faults[1], 5: faults[2]}
    async with running() as run:
        for number in range(1, 7):
            await run.accepted(number, to=rng.name(), text=rng.word())
            behind = {"sent": [one for one in range(1, number + 1) if one not in gateway.faults]}
            behind["failed"] = [one for one in range(1, number + 1) if one in gateway.faults]
            await run.outbox_is(**behind, otherwise=lambda number=number: _went(gateway, number))


def _went(gateway, number):
    """How that delivery went, said to the learner."""
    fault = gateway.faults.get(number)
    if fault is None:
        return f"Delivery {number} went well."
    again = " The gateway got the message again after that. A failed delivery is not repeated."
    return f"Delivery {number} raised {type(fault).__name__}.{again if len(gateway.messages) > number else ''}"


async def test_shutdown_delivers_what_was_accepted(running, gateway, rng):
    """At shutdown, everything that was accepted is still delivered, also the message that the gateway has at that moment, and what is behind a failed delivery. The shutdown is complete as soon as that is done, and at once if nothing is left."""
    for count, what, faults in (
        (3, "three messages", {}),
        (1, "a single message, which the gateway has already", {}),
        (3, "three messages, of which the second one raises ZeroDivisionError", {2: ZeroDivisionError("a bug")}),
    ):
        gateway.forget()
        gateway.faults = faults
        async with running() as run:
            gate = gateway.keep(1)
            for number in range(1, count + 1):
                await run.accepted(number, to=rng.name(), text=rng.word())
            await run.reached(gateway, 1)
            run.stop()
            await settle()
            assert gateway.ends == ["under way"], told(
                (
                    "cancel" in gateway.ends[0],
                    f"Accepted before the shutdown: {what}. The gateway had the first one, and the shutdown has cancelled that "
                    "delivery instead of waiting for its end.",
                ),
                f"Accepted before the shutdown: {what}. The gateway has not let the first one go. These are the deliveries that have begun.",
            )
            assert not run.is_over, (
                f"Accepted before the shutdown: {what}. Nothing of it is delivered, for the gateway is busy, and the shutdown is "
                "complete."
            )
            gate.open()
            await run.over(
                "The gateway takes everything now, and the shutdown goes on and on. It is complete as soon as nothing is left; "
                f"`drain_seconds` is what it may take at most.{run.trouble}"
            )
            expected = ["failed" if number in faults else "delivered" for number in range(1, count + 1)]
            assert gateway.ends == expected, f"Accepted before the shutdown: {what}. This is what became of them."
    gateway.forget()
    for used in (False, True):
        async with running() as run:
            if used:
                await run.accepted(1, to=rng.name(), text=rng.word())
                await run.outbox_is(sent=[1])
            run.stop()
            await run.over(
                "Nothing is left to be delivered, and the shutdown goes on and on. It is complete as soon as nothing is left; "
                f"`drain_seconds` is what it may take at most.{run.trouble}"
            )


@pytest.fixture
def by_default(factory, gateway, asgi):
    """The run of an app that was made without `drain_seconds`."""
    return Run(factory(gateway), asgi)


async def test_shutdown_gives_up_after_the_drain_limit(by_default, running, gateway, limit, rendezvous, advance, rng):
    """If the deliveries that are left take longer than `drain_seconds` altogether, the one under way is cancelled and the others are dropped. The shutdown is complete when the cancelled delivery has cleaned up. Before the shutdown there is no limit."""
    gateway.keep(1)
    async with by_default as run:
        await run.accepted(1, to=rng.name(), text=rng.word())
        await run.reached(gateway, 1)
        run.stop()
        for seconds, expected in ((4, "under way"), (1.5, "cancelled")):
            await settle()
            advance(seconds)
            await settle()
            await until(lambda end=expected: gateway.ends == [end])
            assert gateway.ends == [expected], (
                f"Without a second argument, `drain_seconds` is 5. The shutdown has lasted {4 if seconds == 4 else 5.5} s, and "
                "this has become of the delivery that was under way when it began."
            )
        await run.over("The delivery under way was cancelled, and the shutdown does not come to an end.")
    gateway.forget()
    gateway.clean_up = rendezvous()
    async with running() as run:
        first = gateway.keep(1)
        gateway.keep(2)
        for number in range(1, 5):
            await run.accepted(number, to=rng.name(), text=rng.word())
        await run.reached(gateway, 1)
        advance(limit * 3)
        await settle()
        assert gateway.ends == ["under way"], (
            f"A delivery took {limit * 3:.0f} s while the app was serving, and was not left alone. `drain_seconds` (here {limit:.0f}) "
            "is about the shutdown only."
        )
        run.stop()
        await settle()
        advance(limit / 2)
        await settle()
        assert gateway.ends == ["under way"], (
            f"The shutdown has lasted half of `drain_seconds` (here {limit:.0f}). The gateway still has the first message, and this is "
            "what has become of it."
        )
        first.open()
        await run.reached(gateway, 2)
        advance(limit / 2 - 2)
        await settle()
        early = f"The shutdown has lasted 2 s less than `drain_seconds` (here {limit:.0f})."
        assert not run.is_over, f"{early} Messages are left, and it is complete."
        assert gateway.ends == ["delivered", "under way"], f"{early} These are the deliveries so far."
        advance(2.5)
        await until(lambda: gateway.ends[1] != "under way" or run.is_over)
        late = f"The shutdown has lasted longer than `drain_seconds` (here {limit:.0f})."
        assert gateway.ends[:2] == ["delivered", "being cancelled"], told(
            (
                gateway.ends[1] == "under way" and run.is_over,
                f"{late} It is complete, and the delivery under way goes on, for nobody has cancelled it.",
            ),
            (
                gateway.ends[1] == "under way",
                f"{late} The delivery under way has not been cancelled, and the old process stays as long as the gateway is "
                "busy. One delivery came to its end in the first half of that time; the limit is for all of them together.",
            ),
            f"{late} These are the deliveries so far.",
        )
        await settle()
        assert not run.is_over, (
            f"{late} The delivery under way was cancelled and is cleaning up, but the shutdown is complete. To cancel a task is a "
            "request; the task needs time to come to its end."
        )
        gateway.clean_up.open()
        await run.over("The cancelled delivery has cleaned up, and the shutdown does not come to an end.")
        assert gateway.ends == ["delivered", "cancelled"], (
            "These are the deliveries at the end. When the limit is over, no further one begins."
        )


async def test_nothing_runs_on_after_shutdown(running, gateway, limit, advance, rng):
    """When the shutdown is complete, no task of the app is left: whether it had nothing to do, has delivered, or has given up."""
    for turn, what in enumerate(("was never used", "has delivered a message", "has given up"), 1):
        gateway.forget()
        async with running() as run:
            if turn > 1:
                if turn == 3:
                    gateway.keep(1)
                await run.accepted(1, to=rng.name(), text=rng.word())
                await run.reached(gateway, 1)
                if turn == 2:
                    await run.outbox_is(sent=[1])
            run.stop()
            await settle()
            advance(limit + 1)
            await run.over(f"The shutdown of an app that {what} does not come to an end." + run.trouble)
            left = [task.get_coro().__qualname__ for task in run.left]
            assert left == [], (
                f"The shutdown of an app that {what} is complete, and these coroutines are still running. Tasks that the app has "
                "started are its own to end."
            )


@pytest.fixture
def again(factory, gateway, asgi):
    """`again()` is one more run of the same app."""
    app = factory(gateway)
    return lambda: Run(app, asgi)


def test_app_starts_again_on_another_loop(again, gateway, rng):
    """The same app is started, stopped, and started again on another event loop: it works, its outbox is empty, and the ids begin with 1."""

    async def live(start):
        this = (
            f"This is start {start} of the same app, on a new event loop." if start > 1 else "This is its first start."
        )
        gateway.forget()
        async with again() as run:
            # The worker is waiting for its first message by now.
            response = await run.outbox()
            assert response.json() == exactly({"waiting": [], "sending": None, "sent": [], "failed": []}), (
                f"{this} Nothing has been handed in since, and the outbox begins empty."
            )
            for number in (1, 2, 3):
                response = await run.post(to=rng.name(), text=rng.word())
                assert response.status_code == 202
                assert response.json() == exactly({"id": number}), f"{this} This is message {number} since then."
            await run.outbox_is(
                sent=[1, 2, 3], otherwise=f"{this} Three messages were handed in, and nothing keeps the gateway."
            )

    for start in (1, 2, 3):
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(live(start))


@pytest.fixture
def two(factory, rendezvous, asgi):
    """Two apps, each with a gateway of its own."""
    gateways = [Gateway(rendezvous), Gateway(rendezvous)]
    apps = [factory(gateway, 30.0) for gateway in gateways]
    runs = [Run(app, asgi, beside_another=app is apps[1]) for app in apps]
    return list(zip(gateways, runs, strict=True))


async def test_two_apps_do_not_share_an_outbox(two, rng):
    """Two apps that are served side by side have their own ids, their own outbox and their own gateway, and one of them is stopped without the other."""
    (busy, one), (quiet, other) = two
    texts = rng.words(3)
    gate = busy.keep(1)
    async with one as first:
        async with other as second:
            await first.accepted(1, to=rng.name(), text=texts[0])
            await first.reached(busy, 1)
            await second.accepted(1, to=rng.name(), text=texts[1])
            await second.outbox_is(
                sent=[1], otherwise="One message was handed in to this app. Only the gateway of the other app is busy."
            )
            await first.outbox_is(sending=1, otherwise="One message was handed in to this app, whose gateway is busy.")
        gate.open()
        await first.outbox_is(sent=[1], otherwise="The other app has been stopped. This one goes on.")
        await first.accepted(2, to=rng.name(), text=texts[2])
        await first.outbox_is(sent=[1, 2], otherwise="The other app has been stopped. This one goes on.")
    delivered = [[message["text"] for message in gateway.messages] for gateway in (busy, quiet)]
    assert delivered == [[texts[0], texts[2]], [texts[1]]], (
        "These are the texts that went through each app's own gateway."
    )
