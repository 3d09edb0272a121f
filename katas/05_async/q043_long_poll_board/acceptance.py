"""Checks of q043: long polling, by hundreds of clients."""

import asyncio
import contextlib
import threading
import time

import anyio.to_thread
import pytest

from pytest_fastapi_kata.asgi import Call, http_scope, within
from pytest_fastapi_kata.checks import exactly, told, value_at

HELD = "still held"
JSON = [("content-type", "application/json")]
SECONDS = 4.0
"""Real seconds for an answer that has to come; only wrong answers get that far."""
BLOCKED = (
    "As long as one client waited, `GET /board` was not answered: one waiting client keeps everybody from being served. It waits in "
    "a way that does not give the event loop away."
)
MOVED = "The check does not wait for real. It moves on the clock of the event loop, and that of `time.monotonic()` and its like."


class Clock:
    """The time of the event loop and of Python's `time`, which can be moved on."""

    def __init__(self, advance):
        self.ahead = 0.0
        self._wake = advance

    def over(self, clock):
        return lambda: clock() + self.ahead

    def move(self, seconds):
        # The loop reads `time.monotonic()`, so it is moved already, and has to be woken only.
        self.ahead += seconds
        self._wake(0)


@pytest.fixture
def clock(advance, monkeypatch):
    """A clock to be moved, in place before the app is imported."""
    clock = Clock(advance)
    for name in ("monotonic", "perf_counter", "time"):
        monkeypatch.setattr(time, name, clock.over(getattr(time, name)))
    return clock


class Hall:
    """The food hall, as the kitchen and the guests see it."""

    def __init__(self, server, rng):
        self.server, self.rng = server, rng
        self.numbers, self.called, self.silent = set(), [], []

    def number(self, low=100, high=999_999):
        """The number of an order that nobody has asked for."""
        number = self.rng.randint(low, high)
        return self.number(low, high) if number in self.numbers else self._taken(number)

    def _taken(self, number):
        self.numbers.add(number)
        return number

    def hold(self, number, wait=None):
        """Let a phone wait for an order."""
        return self.server.start("GET", pickup(number, wait))

    def hold_silently(self, number, wait):
        """The same, with the task that serves it, which can be cancelled."""
        call = Call(http_scope("GET", pickup(number, wait), state=self.server.state))
        task = asyncio.create_task(call.run(self.server.app))
        self.silent.append(task)
        return call, task

    async def ready(self, number, counter=None):
        """Let the kitchen have an order ready; return its counter."""
        counter = self.rng.randint(1, 99) if counter is None else counter
        target = f"/orders/{number}/ready"
        response = await answer(
            self.server.start("PUT", target, json={"counter": counter}), f"`PUT {target}` was not answered."
        )
        assert response.status_code == 204
        assert response.text == "", "A 204 has no body."
        self.called.append(number)
        return counter

    async def shows(self, waiting, story):
        """Ask for the board; what has just happened gets a moment to show."""
        await self.count(waiting)
        response = await answer(self.server.start("GET", "/board"), BLOCKED)
        assert response.status_code == 200
        expected = {"waiting": waiting, "ready": sorted(self.called)}
        assert response.json() == exactly(expected), f"{story} This is what `GET /board` shows."

    async def count(self, waiting):
        """Look at the board until it shows so many; return what it shows in the end, None if it is not answered."""
        seen = None
        for _ in range(30):
            await asyncio.sleep(0.005 if seen is None else 0.05)
            call = Call(http_scope("GET", "/board", state=self.server.state))
            task = asyncio.create_task(call.run(self.server.app))
            self.silent.append(task)
            try:
                response = await answer(call, "")
                seen = value_at(response.json(), "waiting")
            except AssertionError:
                return None
            if seen == waiting:
                break
        return seen

    async def release(self):
        """See to it that nobody is left waiting, not even in a thread."""
        await self.server.close()
        for task in self.silent:
            task.cancel()
        # Threads that wait may have taken all that there are.
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens += 1
        try:
            for number in self.numbers.difference(self.called):
                scope = http_scope("PUT", f"/orders/{number}/ready", JSON, state=self.server.state)
                task = asyncio.create_task(Call(scope, [b'{"counter": 1}']).run(self.server.app))
                with contextlib.suppress(AssertionError):
                    await within(task, "", 1)
        finally:
            limiter.total_tokens -= 1


@pytest.fixture
def food_hall(clock, app, asgi, rng):
    """Opens the food hall: `async with` it, and the learner's app is served."""

    @contextlib.asynccontextmanager
    async def opened():
        async with asgi(app) as server:
            hall = Hall(server, rng)
            try:
                yield hall
            except BaseException:
                await hall.release()
                raise

    return opened


@pytest.fixture
def somebody_waits(food_hall, load, asgi, rng):
    """One client waits, and the board is answered meanwhile. If it is not, the rest of a check would stand still.

    It has an app of its own, so that nothing of it is left in the other.
    """

    async def try_it():
        async with asgi(load().app) as server:
            hall = Hall(server, rng)
            target = pickup(hall.number(), 2)
            try:
                await first_look(server, target)
            finally:
                await hall.release()

    async def first_look(server, target):
        began = time.monotonic()
        held = server.start("GET", target)
        response = await answer(server.start("GET", "/board"), BLOCKED)
        got = state_of(held)
        assert got == HELD, told(
            (got == 404, f"`GET {target}`: the order is not ready, and the client was to be held. Is there a route?"),
            (time.monotonic() - began > 1.5, BLOCKED),
            (got == 204, "The order is not ready, and the client was not held. It was to wait for 2 seconds."),
            f"The order of `GET {target}` is not ready, and the client was to be held.",
        )
        assert response.status_code == 200, "This is the answer to `GET /board`, while one client waits."

    return try_it


def pickup(number, wait=None):
    return f"/orders/{number}/pickup" + ("" if wait is None else f"?wait={wait}")


def state_of(call):
    """The status of an answer, or that the client is still held."""
    start = next((message for message in call.sent if message["type"] == "http.response.start"), None)
    return start["status"] if start else "ended without an answer" if call.is_answered else HELD


async def answer(call, otherwise):
    return await within(call.reply(otherwise), otherwise, SECONDS)


async def through(call, otherwise):
    """The answer, when the app is through with the request."""
    response = await answer(call, otherwise)
    await within(call.ended(otherwise), otherwise, SECONDS)
    return response


def others(before):
    """The threads that were started since, without AnyIO's workers, which are counted elsewhere, and alarm clocks."""
    return [
        thread
        for thread in set(threading.enumerate()).difference(before)
        if not isinstance(thread, threading.Timer) and not thread.name.startswith("AnyIO worker")
    ]


async def settle():
    """Let everybody who can go on do so."""
    await asyncio.sleep(0.03)


async def picked_up(call, number, counter, story):
    """The client is told that its order is ready."""
    response = await through(call, story)
    assert response.status_code == 200, story
    assert response.json() == exactly({"number": number, "counter": counter})


async def test_ready_order_is_answered_at_once(food_hall):
    """`PUT /orders/{number}/ready` answers 204. From then on `GET /orders/{number}/pickup` answers 200 with `number` and `counter` at once, whatever `wait` is, `GET /board` lists the order, in ascending order, and a second PUT changes the counter."""
    async with food_hall() as hall:
        rng = hall.rng
        # In none of these orders: as they were called, or as text.
        numbers = [rng.randint(200, 999), rng.randint(1000, 1999), rng.randint(3, 9), rng.randint(20, 29)]
        for number, wait in zip(numbers, (30, 0, None, 0.5), strict=True):
            counter = await hall.ready(number, 0 if wait == 0.5 else None)
            for again in (
                "",
                "It was asked for before, and it is still ready. ",
                "The kitchen has sent a second PUT. ",
            ):
                if "PUT" in again:
                    counter = await hall.ready(number, counter % 99 + 1)
                    hall.called.pop()
                story = f"Order {number} is ready, so `GET {pickup(number, wait)}` is answered at once. {again}"
                response = await through(hall.hold(number, wait), f"{story}It was held.")
                assert response.status_code == 200, told(
                    (
                        response.status_code == 204 and wait == 0,
                        f"{story}A `wait` of 0 means that there is no time to wait; what is ready is ready.",
                    ),
                    (counter == 0, f"{story}It is ready at counter 0, which is a counter like any other."),
                    story.strip(),
                )
                assert response.json() == exactly({"number": number, "counter": counter}), again.strip()
        await hall.shows(0, "Nobody waits, and four orders are ready.")


async def test_wait_that_runs_out_is_204_and_forgotten(food_hall, clock, somebody_waits):
    """If the order does not become ready within `wait` seconds, 25 if nothing is said, the client is held for so long and then answered 204 without a body. It no longer counts on the board."""
    limiter, before = anyio.to_thread.current_default_thread_limiter(), threading.enumerate()
    await somebody_waits()
    async with food_hall() as hall:
        number = hall.number()
        story = "The order is not ready, and a `wait` of 0 leaves no time: the answer comes at once."
        response = await through(hall.hold(number, 0), f"{story} The client was held.")
        assert response.status_code == 204, story
        assert response.text == "", "A 204 has no body."
        await hall.shows(0, "The only client had no time to wait, and was answered 204. Nobody waits.")
        for wait in (hall.rng.randint(6, 20) + 0.5, None):
            call, seconds = hall.hold(number, wait), 25 if wait is None else wait
            given = "no `wait`, so 25 seconds" if wait is None else f"a `wait` of {wait:g} seconds"
            await hall.shows(1, f"One client waits, with {given}.")
            clock.move(seconds - 2)
            await settle()
            got = state_of(call)
            assert got == HELD, f"The client has {given}, and {seconds - 2:g} of them are over."
            clock.move(2.1)
            over = f"The client has {given}, and they are over, but it is still held. {MOVED}"
            response = await through(
                call,
                f"{over} Your app waits in a thread, which sees nothing of that, and no thread is to be used for waiting."
                if limiter.borrowed_tokens or others(before)
                else f"{over} Is the wait limited to so many seconds, and measured by one of these?",
            )
            assert response.status_code == 204, f"The client had {given}, and the order did not become ready."
            assert response.text == "", "A 204 has no body."
            await hall.shows(0, "The wait of the only client was over, and it was answered 204. Now nobody waits.")
        counter = await hall.ready(number)
        await picked_up(hall.hold(number, 0), number, counter, "Others have waited in vain. Now the order is ready.")


async def test_wait_is_validated(food_hall):
    """`wait` is a number from 0 to 60, both included. Anything else is answered 422."""
    async with food_hall() as hall:
        number = hall.number()
        counter = await hall.ready(number)
        for wait in ("60", "0", "59.5", "-1", "60.5", "3600", hall.rng.word(2)):
            fine = wait in ("60", "0", "59.5")
            target = pickup(number, wait)
            response = await through(hall.hold(number, wait), f"`GET {target}` was not answered.")
            assert response.status_code == (200 if fine else 422), told(
                (fine, f"A `wait` of {wait} is fine, and the order is ready."),
                f"`wait={wait}` is no number from 0 to 60.",
            )
            if fine:
                assert response.json() == exactly({"number": number, "counter": counter})


async def test_held_client_is_released_by_the_kitchen(food_hall, somebody_waits):
    """Clients wait for an order that is not ready, and the board counts them. The PUT releases them all: each is answered 200 with `number` and `counter`, and no longer counted."""
    await somebody_waits()
    async with food_hall() as hall:
        number = hall.number()
        calls = [hall.hold(number, wait) for wait in (50, None, 60)]
        await hall.shows(3, "Three clients wait for one order, and no order is ready.")
        counter = await hall.ready(number)
        for place, call in enumerate(calls, 1):
            story = f"Three clients waited for order {number} when it became ready. This is number {place} of them."
            await picked_up(call, number, counter, f"{story} It was to be released.")
        await hall.shows(0, "All three were answered. Now nobody waits, and one order is ready.")


async def test_only_that_orders_clients_are_released(food_hall, somebody_waits):
    """A PUT releases nobody who waits for another order. They stay held, and counted, until their own order is ready."""
    await somebody_waits()
    async with food_hall() as hall:
        number, other = hall.number(), hall.number()
        first, second = hall.hold(number, 50), hall.hold(other, 50)
        await hall.shows(2, "Two clients wait, each for an order of its own.")
        counter = await hall.ready(number)
        await picked_up(first, number, counter, f"This client waits for order {number}, and that became ready.")
        await settle()
        got = state_of(second)
        assert got == HELD, (
            f"Order {number} became ready. This is what became of the client who waits for order {other}."
        )
        await hall.shows(1, f"Order {number} became ready. The client who waits for order {other} is held and counted.")
        counter = await hall.ready(other)
        await picked_up(second, other, counter, f"This client waits for order {other}, and now that is ready, too.")
        await hall.shows(0, "Both orders are ready, and both clients were answered.")


async def test_one_clients_end_leaves_the_others_waiting(food_hall, clock, somebody_waits):
    """Of three clients who wait for one order, the wait of one runs out and the request of another is cancelled by the server. The third is still held, the board counts right all the time, and when the order is ready, the third is answered 200."""
    await somebody_waits()
    async with food_hall() as hall:
        number, wait = hall.number(), hall.rng.randint(5, 15)
        first, second = hall.hold(number, wait), hall.hold(number, 60)
        cancelled, task = hall.hold_silently(number, 55)
        await hall.shows(3, "Three clients wait for one order.")
        clock.move(wait + 0.1)
        story = f"The first of three clients had {wait} seconds, and they are over. {MOVED}"
        response = await through(first, f"{story} It is still held.")
        assert response.status_code == 204, story
        await settle()
        await answer(hall.server.start("GET", "/board"), BLOCKED)
        got = {"second": state_of(second), "third": state_of(cancelled)}
        shared = "Three clients wait for one order, each with a limit of its own. The first ran out of time, which is no affair of the others."
        assert got == {"second": HELD, "third": HELD}, shared
        await hall.shows(2, shared)
        task.cancel()
        story = "The server cancelled one of the requests, as it does when it has to stop."
        await within(cancelled.ended(), f"{story} Your app did not let go of it.", SECONDS)
        await settle()
        got = state_of(second)
        assert got == HELD, f"{story} This is what became of another client, who waits for the same order."
        await hall.shows(1, f"{story} Another client is still waiting for the same order.")
        counter = await hall.ready(number)
        story = "Two others who waited for the same order have left. This one was held all the time, and now the order is ready."
        await picked_up(second, number, counter, story)
        await hall.shows(0, "Of three clients, one ran out of time, one was cancelled, one was answered. Nobody waits.")


async def test_three_hundred_clients_wait_without_a_thread(food_hall, somebody_waits):
    """300 clients wait at the same time, and no thread waits for them. Meanwhile all other requests are served; then one PUT answers all 300."""
    await somebody_waits()
    async with food_hall() as hall:
        number, other = hall.number(), hall.number()
        limiter = anyio.to_thread.current_default_thread_limiter()
        before = threading.enumerate()
        calls = [hall.hold_silently(number, 50)[0] for _ in range(300)]
        waiting = await hall.count(300)
        if waiting is not None:
            await answer(hall.server.start("GET", "/board"), BLOCKED)
        got = {
            "waiting, says the board": "(no answer)" if waiting is None else waiting,
            "worker threads in use": limiter.borrowed_tokens,
            "threads of your own": len(others(before)),
        }
        expected = {"waiting, says the board": 300, "worker threads in use": 0, "threads of your own": 0}
        assert got == expected, told(
            (
                got["worker threads in use"] >= limiter.total_tokens,
                f"300 clients came to wait, and all {limiter.total_tokens:g} worker threads of this process wait with them. Whoever came "
                "later queues for a thread, and so does everything else that needs one.",
            ),
            (
                got["worker threads in use"] + got["threads of your own"] > 0,
                "300 clients came to wait, and threads wait with them. There are only so many of those; whoever waits on the "
                "event loop needs none.",
            ),
            "300 clients came to wait for one order, and no thread is in use. But that many are not held, or not counted.",
        )
        elsewhere = await hall.ready(other)
        await picked_up(
            hall.hold(other, 30), other, elsewhere, "300 clients wait for another order. This one is ready."
        )
        await hall.shows(300, "300 clients still wait, and another order is ready.")
        counter = await hall.ready(number)
        story = "300 clients waited for this order when it became ready. Not all of them were answered."
        replies = [await answer(call, story) for call in calls]
        right = sum(reply.status == 200 and reply.json() == {"number": number, "counter": counter} for reply in replies)
        assert right == 300, "So many of 300 waiting clients were answered 200, with the number and the counter."
        await hall.shows(0, "All 300 were answered. Nobody waits.")
