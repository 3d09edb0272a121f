"""Checks of q048: watchers of an auction, slow ones included.

Each check runs on an event loop in a thread of its own and is watched from outside: a loop that stands still can be
seen and named.
"""

import asyncio
import contextlib
import ctypes
import functools
import json
import sys
import threading
from concurrent.futures import Future, wait
from pathlib import Path

import pytest

from pytest_fastapi_kata.checks import exactly, picked, refusal, refused_at, told
from pytest_fastapi_kata.rendezvous import MovableLoop, settle, until

BROKEN = (
    "Its line is broken: sending to it raises `OSError`, or, by way of Starlette's `WebSocket`, `WebSocketDisconnect`."
)


class StrictLoop(MovableLoop):
    """A loop that lets nobody else's thread use what belongs to it, as asyncio's debug mode does."""

    def call_soon(self, *args, **options):
        self._check_thread()
        return super().call_soon(*args, **options)


def watched(check):
    """Run an async check on a loop in a thread of its own; AssertionError, naming the place, if that loop stands still."""

    @functools.wraps(check)
    def run(house, **fixtures):
        outcome, loop = Future(), StrictLoop()
        thread = threading.Thread(target=_play, args=(check(house, **fixtures), loop, outcome), daemon=True)
        thread.start()
        missed = 0
        while missed < 12:
            beat = threading.Event()
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(beat.set)
            done, _ = wait([outcome], 0.25)
            if done:
                thread.join(0.5)
                return outcome.result()
            missed = 0 if beat.is_set() else missed + 1
        where = _place(thread, house.file)
        # A loop that goes round and round would take its time from all other checks.
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit))
        thread.join(1)
        raise AssertionError(
            f"The event loop stands still{where}. Whatever runs there does not come to an `await` that waits, so nothing else "
            "can run: no bid, no watcher."
        )

    return run


def _play(coroutine, loop, outcome):
    # What goes wrong while the loop is being closed is not what the check is about.
    with contextlib.suppress(BaseException), asyncio.Runner(loop_factory=lambda: loop) as runner:
        try:
            outcome.set_result(runner.run(coroutine))
        except BaseException as error:
            outcome.set_exception(error)


def _place(thread, file):
    """The line of the learner's at which a thread is."""
    frame = sys._current_frames().get(thread.ident)  # noqa: SLF001 - there is no other way to look
    while frame is not None:
        if frame.f_code.co_filename == file:
            return f" in {Path(file).name}, line {frame.f_lineno} (`{frame.f_code.co_name}`)"
        frame = frame.f_back
    return ""


def named(error):
    """An exception in a few words; a group says what it holds."""
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__} ({', '.join(map(named, error.exceptions))})"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


class Lot:
    """A lot, and all that has become of it."""

    def __init__(self, house):
        self.house = house
        self.name = house.rng.word(4)
        self.history = [{"lot": self.name, "price": 0, "bidder": None}]
        self.watchers = []

    @property
    def state(self):
        return self.history[-1]

    def higher(self):
        return {"bidder": self.house.rng.name(), "price": self.state["price"] + self.house.rng.randint(1, 90)}

    async def offer(self, bid, otherwise=""):
        """Make a bid and return the answer."""
        target = f"/auctions/{self.name}/bids"
        call = self.house.server.start("POST", target, json=bid)
        self.house.about = call, target
        assert await until(lambda: call.is_answered), (
            f"A bid is not answered.{otherwise}{' A bid waits for no watcher.' if otherwise else ''}"
        )
        return await call.reply()

    async def bid(self, otherwise="", *, counted=True):
        """Make a bid that is accepted."""
        bid = self.higher()
        response = await self.offer(bid, otherwise)
        assert response.status_code == 201, f"This bid is higher than the price.{otherwise}"
        self.history.append({"lot": self.name, "price": bid["price"], "bidder": bid["bidder"]})
        if counted:
            assert response.json() == exactly({**self.state, "watchers": len(self.watchers)}), (
                f"A bid was accepted, and this is the answer.{otherwise}"
            )
        else:
            assert picked(response, "lot", "price", "bidder") == exactly(self.state)

    async def shown(self):
        response = await self.house.server.request("GET", f"/auctions/{self.name}")
        self.house.about = None
        assert response.status_code == 200
        return response

    async def has(self, otherwise):
        """GET shows the state and the number of watchers, at once or after a while."""
        expected = exactly({**self.state, "watchers": len(self.watchers)})
        for _ in range(100):
            response = await self.shown()
            if response.json() == expected:
                return
            await asyncio.sleep(0.01)
        assert response.json() == expected, otherwise

    def open_socket(self, **options):
        return self.house.server.websocket(f"/auctions/{self.name}/live", **options)

    def about(self, watcher):
        """What is said next is about this watcher."""
        self.house.about = watcher, f"/auctions/{self.name}/live"

    async def watch(self):
        """A watcher that has got its first message."""
        watcher = self.open_socket()
        self.about(watcher)
        self.watchers.append(watcher)
        await until(lambda: watcher.status is not None or watcher.has_ended)
        assert watcher.status == 101, (
            f"The WebSocket was not accepted (101), and that is what became of its handshake.{self.house.end_of(watcher)}"
        )
        await self.sees(watcher, [self.state], "The first message is the state of the lot.")
        return watcher

    async def sees(self, watcher, expected, otherwise):
        """These are the next messages of a watcher's."""
        got = []
        self.about(watcher)
        for state in expected:
            await until(lambda: watcher.unread or watcher.has_ended)
            if not watcher.unread:
                break
            got.append(await watcher.next_json())
            if got[-1] != exactly(state):
                break
        assert got == exactly(expected[: max(1, len(got))]), otherwise + self.house.end_of(watcher)
        missing = len(expected) - len(got)
        assert missing == 0, f"{otherwise} It got {len(got)} of them, and no more.{self.house.end_of(watcher)}"

    async def nothing_more(self, watcher, otherwise):
        await settle()
        self.about(watcher)
        rest = [await watcher.next_json() for _ in range(watcher.unread)]
        assert rest == [], otherwise

    async def forgets(self, watcher, what):
        """The watcher is no longer counted, and its endpoint ends, well."""
        self.watchers.remove(watcher)
        await self.has(f"{what} It is not connected any more, and still counted.")
        await self.ends(watcher, what)

    async def ends(self, watcher, what):
        self.about(watcher)
        assert await until(lambda: watcher.has_ended), f"{what} Its endpoint goes on."
        error = watcher.raised
        how = "without an error" if error is None else f"with {named(error)}"
        assert how == "without an error", f"{what} That is how its endpoint ended."


class House:
    """The learner's auction house, and who serves it."""

    def __init__(self, app, asgi, rng, file):
        self._app, self._asgi, self.rng, self.file = app, asgi, rng, file
        self.about = None

    @contextlib.asynccontextmanager
    async def open(self):
        before = asyncio.all_tasks()
        try:
            async with self._asgi(self._app) as self.server:
                try:
                    yield self
                except BaseException:
                    self._show()
                    raise
        finally:
            rest = asyncio.all_tasks() - before
            for task in rest:
                task.cancel()
            if rest:
                await asyncio.wait(rest, timeout=0.2)
            for task in rest & asyncio.all_tasks():
                asyncio._unregister_task(task)  # noqa: SLF001 - documented for those who extend asyncio

    def _show(self):
        """What the check failed for is shown to the learner, and not what ends when the server does."""
        with contextlib.suppress(AttributeError):
            recorder, self.server._recorder = self.server._recorder, None  # noqa: SLF001 - nothing else gives it
            thing, target = self.about or (None, "")
            shown = recorder.records[-1:] and recorder.records[-1].exchange.target == target
            if hasattr(thing, "exchange") and not (thing.has_ended and shown):
                recorder.note_raised(thing.raised if isinstance(thing.raised, Exception) else None)
                recorder.add(thing.exchange(target))
            elif hasattr(thing, "is_answered") and not (thing.is_answered and shown):
                self.server._recorder = recorder  # noqa: SLF001
                self.server._note(thing, target)  # noqa: SLF001
                self.server._recorder = None  # noqa: SLF001

    def lot(self):
        return Lot(self)

    def end_of(self, watcher):
        """How the endpoint of a watcher has ended, if it has."""
        if not watcher.has_ended:
            return ""
        error = watcher.raised
        return " Its endpoint has ended" + (f", with {named(error)}" if error else ".")


@pytest.fixture
def house(module, app, asgi, rng):
    return House(app, asgi, rng, module.__file__)


@watched
async def test_watcher_gets_the_state_and_then_every_bid(house):
    """A watcher is accepted and gets the state, then one message for each bid that is accepted. `GET /auctions/{lot}` and `POST /auctions/{lot}/bids` show state and number of watchers."""
    async with house.open():
        lot = house.lot()
        await lot.has("Nobody has made a bid for this lot yet, and nobody watches it.")
        first = await lot.watch()
        await lot.has("One watcher has got its first message.")
        for _ in range(3):
            await lot.bid()
            await lot.sees(first, [lot.state], "A bid was accepted, and this is the next message of the watcher's.")
        second = await lot.watch()
        await lot.has("Two watchers have got their first message.")
        for _ in range(3):
            await lot.bid()
            for watcher in (first, second):
                await lot.sees(watcher, [lot.state], "A bid was accepted, and this is a watcher's next message.")
        await lot.has("Two watchers, and six bids that were accepted.")


@watched
async def test_low_bid_is_refused_and_not_announced(house, rng):
    """A bid that is not above the price is answered 409 `{"detail": "bid too low"}`, a price below 1 or a missing part 422, and nobody is told. Of several equal bids at the same time one is accepted."""
    async with house.open():
        lot = house.lot()
        watcher = await lot.watch()
        await lot.bid()
        await lot.sees(watcher, [lot.state], "A bid was accepted.")
        price = lot.state["price"]
        for low in (price, rng.randint(1, price)):
            response = await lot.offer({"bidder": rng.name(), "price": low})
            assert response.status_code == 409, f"The price is {price}, and somebody bids {low}."
            assert response.json() == exactly({"detail": "bid too low"})
        for bid, place in (
            ({"bidder": rng.name(), "price": 0}, "body.price"),
            ({"bidder": rng.name()}, "body.price"),
            ({"price": price + 1}, "body.bidder"),
        ):
            response = await lot.offer(bid)
            assert refusal(response) == refused_at(place)
        higher = price + rng.randint(2, 50)
        bids = [{"bidder": name, "price": higher} for name in rng.names(8)]
        calls = [house.server.start("POST", f"/auctions/{lot.name}/bids", json=bid) for bid in bids]
        await until(lambda: all(call.is_answered for call in calls))
        replies = [await call.reply() for call in calls]
        codes = sorted(reply.status for reply in replies)
        assert codes == [201] + [409] * 7, "Eight bidders bid the same at the same time. These are the answers, sorted."
        best = next(bid for bid, reply in zip(bids, replies, strict=True) if reply.status == 201)
        lot.history.append({"lot": lot.name, "price": higher, "bidder": best["bidder"]})
        await lot.sees(
            watcher, [lot.state], "The next message after bids that were refused, and one that was accepted."
        )
        await lot.nothing_more(watcher, "These messages came although no further bid was accepted.")
        await lot.has("After bids that were refused, and one that was accepted.")


@watched
async def test_lots_are_separate(house):
    """Each lot has a price, a bidder and watchers of its own."""
    async with house.open():
        one, other = house.lot(), house.lot()
        here, there = await one.watch(), await other.watch()
        for lot, watcher in ((one, here), (other, there), (one, here), (other, there)):
            await lot.bid()
            await lot.sees(watcher, [lot.state], "A bid for this watcher's lot.")
        await one.nothing_more(here, "These messages are about another lot.")
        await other.nothing_more(there, "These messages are about another lot.")
        for lot in (one, other):
            await lot.has("One watcher, and two bids for this lot. There is another lot with as many.")


FIRST_MESSAGE = "the first message of a watcher was on its way"


@watched
async def test_watcher_joining_during_bids_misses_and_repeats_nothing(house):
    """Whether bids come while a watcher is being accepted, or while its first message is on its way: it gets one state, and from there on every one, in their order."""
    async with house.open():
        for held in (FIRST_MESSAGE, "a watcher was being accepted"):
            lot = house.lot()
            await lot.bid()
            watcher = lot.open_socket(stalled=True)
            lot.about(watcher)
            assert await until(lambda watcher=watcher: watcher.under_way), (
                f"A WebSocket is not accepted.{house.end_of(watcher)}"
            )
            if held == FIRST_MESSAGE:
                watcher.let(1)
                assert await until(lambda watcher=watcher: watcher.status and watcher.under_way), (
                    f"A watcher was accepted, and nothing is sent to it.{house.end_of(watcher)}"
                )
            first = 1 if watcher.status else None
            for _ in range(2):
                await lot.bid(
                    f" It came while {held}, which takes as long as the watcher's line wants it to.", counted=False
                )
            watcher.flow()
            lot.about(watcher)
            assert await until(lambda watcher=watcher: watcher.unread), (
                f"A watcher whose line is free gets no message.{house.end_of(watcher)}"
            )
            await settle()
            await lot.bid(counted=False)
            lot.about(watcher)
            got = []
            while not got or got[-1] != lot.state:
                await until(lambda watcher=watcher: watcher.unread or watcher.has_ended)
                if not watcher.unread:
                    break
                got.append(await watcher.next_json())
            start = first or (lot.history.index(got[0]) if got and got[0] in lot.history else 1)
            expected = lot.history[start:]
            missed = [state for state in expected if state not in got]
            assert got == exactly(expected), told(
                (
                    got == expected[: len(got)],
                    f"Two bids came while {held}, and a third one later. It got this much, and no more.",
                ),
                (
                    missed != [],
                    f"Two bids came while {held}, and a third one later. What it got has gaps. When does it begin to get "
                    "what is new, and what may happen between that moment and the one at which its first message is made?",
                ),
                (
                    len(got) > len(expected) or sorted(map(json.dumps, got)) == sorted(map(json.dumps, expected)),
                    f"Two bids came while {held}, and a third one later. It got some states twice, or in another order. "
                    "What was already waiting for it when its first message was made?",
                ),
                f"Two bids came while {held}, and a third one later. This is what it got.",
            )
            watcher.leave()


@watched
async def test_stalled_watcher_holds_nobody_up_and_loses_nothing(house):
    """While the line of one watcher takes nothing, ten bids are answered, and seen by the other watchers at once. When the line is free again, however late, the ten messages arrive."""
    async with house.open():
        lot = house.lot()
        early, slow, fast = [await lot.watch() for _ in range(3)]
        slow.stall()
        for number in range(1, 11):
            await lot.bid(f" It is bid {number} since the line of one of three watchers takes nothing.")
            for watcher in (early, fast):
                await lot.sees(
                    watcher,
                    [lot.state],
                    f"Bid {number} since the line of another watcher takes nothing. This watcher's own line is free.",
                )
        asyncio.get_running_loop().advance(600)
        await settle()
        slow.flow()
        await lot.sees(
            slow,
            lot.history[-10:],
            "The line of this watcher took nothing during ten bids, and for ten minutes. Now it is free: ten messages.",
        )
        await lot.has("Three watchers. The line of one of them took nothing for a while.")


@watched
async def test_watcher_far_behind_is_dropped_with_1013(house):
    """A watcher that is more than 30 messages behind is no longer counted, the WebSocket is closed with 1013, and its endpoint ends. The others get everything."""
    async with house.open():
        lot = house.lot()
        slow, fast = await lot.watch(), await lot.watch()
        slow.stall()
        for number in range(1, 33):
            await lot.bid(f" It is bid {number} since the line of a watcher takes nothing.", counted=False)
            await lot.sees(fast, [lot.state], f"Bid {number} since the line of another watcher takes nothing.")
        what = "The line of a watcher took nothing during 32 bids."
        lot.watchers.remove(slow)
        await lot.has(f"{what} It is too far behind, and still counted.")
        lot.about(slow)
        await until(lambda: slow.close_code is not None or slow.has_ended)
        assert slow.close_code == 1013, told(
            (slow.close_code is None and slow.has_ended, f"{what} It is not closed.{house.end_of(slow)}"),
            (
                slow.close_code is None and slow.under_way > 0,
                f"{what} It is not closed. A message to it is still on its way, and as long as it is, the line takes no close "
                "frame either.",
            ),
            (slow.close_code is None, f"{what} It is not closed."),
        )
        await lot.ends(slow, what)
        await lot.bid()
        await lot.sees(fast, [lot.state], "Another watcher has been dropped. This one goes on.")


@watched
async def test_leaving_is_noticed_without_a_bid(house):
    """A watcher that leaves is no longer counted, without a further bid, also while a message to it is on its way. Its endpoint ends without an error, and the others and the lot go on."""
    async with house.open():
        lot = house.lot()
        idle, busy, stays = [await lot.watch() for _ in range(3)]
        idle.leave()
        await lot.forgets(idle, "A watcher has left, and there was no bid since.")
        busy.stall()
        await lot.bid()
        await lot.sees(stays, [lot.state], "Another watcher has left.")
        await until(lambda: busy.under_way)
        busy.leave()
        await lot.forgets(busy, "A watcher has left while a message to it was on its way, and there was no bid since.")
        await lot.bid()
        await lot.sees(stays, [lot.state], "Two other watchers have left.")
        stays.leave()
        lot.watchers.remove(stays)
        await lot.has("The last watcher has left. Nobody is counted any more, and the lot has the price that it had.")
        await lot.ends(stays, "The last watcher has left.")


@watched
async def test_watcher_whose_line_breaks_is_forgotten(house):
    """If sending to a watcher raises `OSError`, because its line is broken, it is no longer counted, and its endpoint ends without an error. Bids and the other watchers go on."""
    async with house.open():
        lot = house.lot()
        sending, idle, stays = [await lot.watch() for _ in range(3)]
        sending.stall()
        await lot.bid()
        await lot.sees(stays, [lot.state], "The line of another watcher takes nothing.")
        await until(lambda: sending.under_way)
        sending.cut()
        await lot.forgets(sending, f"A watcher to whom a message was on its way. {BROKEN}")
        await lot.sees(idle, [lot.state], "The line of another watcher is broken.")
        idle.cut()
        await lot.bid(" The line of one of two watchers is broken.", counted=False)
        await lot.sees(stays, [lot.state], "The line of another watcher is broken.")
        await lot.forgets(idle, f"A watcher to whom a bid was to be announced. {BROKEN}")
        await lot.bid()
        await lot.sees(stays, [lot.state], "The lines of two other watchers are broken.")


@watched
async def test_watchers_chatter_is_ignored(house, rng):
    """Whatever watchers send, text or bytes, JSON or not: it is ignored, and they get the next bids as before."""
    async with house.open():
        lot = house.lot()
        talker, other = await lot.watch(), await lot.watch()
        for content in (rng.word(), json.dumps(lot.higher()), "{" + rng.word(), rng.word().encode(), b"\xff\x00", ""):
            talker.say(content)
            await settle()
            kind = "bytes" if isinstance(content, bytes) else "text"
            for watcher in (talker, other):
                await lot.nothing_more(watcher, f"These messages came after a watcher had sent the {kind} {content!r}.")
            await lot.bid(f" A watcher has sent the {kind} {content!r}.", counted=False)
            for watcher in (talker, other):
                await lot.sees(watcher, [lot.state], f"A bid, after a watcher has sent the {kind} {content!r}.")
            await lot.has(f"A watcher has sent the {kind} {content!r}.")
