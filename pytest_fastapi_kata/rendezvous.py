"""Gates at which calls are held until others have come: concurrency is seen by who meets whom, never by a clock."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Self

PATIENCE = 10.0
"""Real seconds that any other wait may take. A gate gives up earlier, and says more."""
SECONDS = 5.0
"""Seconds without any arrival after which a gate gives up; only wrong answers get that far."""
_TICK = 0.25
_TURNS, _TURN = 500, 0.005


class Gate:
    """Holds whoever passes until it is opened, from any loop or thread.

    A fake calls ``await gate.passed()`` (or, where it may block, ``gate.hold()``);
    the check waits for arrivals and opens the gate. With ``expected``, the gate
    opens by itself when so many have come. If nobody further comes for
    ``seconds``, it gives up and lets everybody go, so that a wrong answer ends
    in an explanation; a slow machine, on which they still come, is waited for.
    ``arrived`` counts all who came, ``held`` those who found the gate closed.
    """

    def __init__(self, expected: int | None = None, seconds: float = SECONDS) -> None:
        self.expected = expected
        self.seconds = seconds
        self.arrived = 0
        self.held = 0
        self.is_open = False
        self.gave_up = False
        self._waiting = 0
        self._watched = False
        self._changed = threading.Condition()
        self._wakers: list[Callable[[], None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.open()

    def open(self) -> None:
        """Let everybody pass, now and from now on."""
        with self._changed:
            self.is_open = True
            self._wake()

    async def passed(self) -> None:
        """Arrive, and go on when the gate is open; for coroutines."""
        with self._changed:
            self._arrive()
        await self._until(self._lets_pass)

    def hold(self) -> None:
        """Arrive, and go on when the gate is open; for code that may block its thread."""
        with self._changed:
            self._arrive()
            self._wait_here(self._lets_pass)

    async def meets(self, count: int, otherwise: str) -> None:
        """Wait until ``count`` have arrived; AssertionError with ``otherwise`` if they do not come."""
        await self._until(lambda: self.arrived >= count)
        if self.arrived < count:
            raise AssertionError(otherwise)

    def met(self, count: int, otherwise: str) -> None:
        """As ``meets``, for a check that is not a coroutine."""
        with self._changed:
            self._wait_here(lambda: self.arrived >= count)
        if self.arrived < count:
            raise AssertionError(otherwise)

    def _lets_pass(self) -> bool:
        return self.is_open

    def _arrive(self) -> None:
        self.arrived += 1
        self.held += not (self.is_open or self.gave_up)
        if self.expected is not None and self.arrived >= self.expected:
            self.is_open = True
        self._wake()

    def _wake(self) -> None:
        self._changed.notify_all()
        wakers, self._wakers = self._wakers, []
        for wake in wakers:
            # A loop that is closed by now has nobody left to wake.
            with contextlib.suppress(RuntimeError):
                wake()

    def _wait_here(self, reached: Callable[[], bool]) -> None:
        self._waiting += 1
        self._watch_over()
        self._changed.wait_for(lambda: reached() or self.gave_up)
        self._waiting -= 1

    async def _until(self, reached: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        with self._changed:
            self._waiting += 1
            self._watch_over()
        try:
            while True:
                with self._changed:
                    if reached() or self.gave_up:
                        return
                    turn = loop.create_future()
                    self._wakers.append(partial(_wake_turn, loop, turn))
                await turn
        finally:
            with self._changed:
                self._waiting -= 1

    def _watch_over(self) -> None:
        """See to it that a thread keeps the time: the loop's own clock may be moved by a check."""
        if not (self._watched or self.is_open):
            self._watched = True
            threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        # Ticks are counted one by one, so that a machine that stands still loses only one of them.
        tick = min(_TICK, self.seconds)
        quiet = 0.0
        with self._changed:
            while self._waiting and not self.is_open and quiet < self.seconds:
                quiet = 0.0 if self._changed.wait(tick) else quiet + tick
            self._watched = False
            if self._waiting and not self.is_open:
                self.gave_up = True
                self._wake()


def _wake_turn(loop: asyncio.AbstractEventLoop, turn: asyncio.Future[None]) -> None:
    loop.call_soon_threadsafe(_resolve, turn)


def _resolve(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


async def within(waiting: Any, otherwise: str, seconds: float = PATIENCE) -> Any:
    """Await something for so long at most, by the machine's own clock; AssertionError with ``otherwise`` if in vain."""
    task = asyncio.ensure_future(waiting)
    loop = asyncio.get_running_loop()
    # The loop's own clock may be moved by a check, so a thread keeps the time.
    late = threading.Event()

    def ring() -> None:
        late.set()
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(task.cancel)

    alarm = threading.Timer(seconds, ring)
    alarm.daemon = True
    alarm.start()
    try:
        return await task
    except asyncio.CancelledError:
        if late.is_set():
            raise AssertionError(otherwise) from None
        raise
    finally:
        alarm.cancel()


async def until(condition: Callable[[], bool]) -> bool:
    """Let the loop go on until the condition holds, and say whether it does; only wrong answers wait to the end."""
    for _ in range(_TURNS):
        if condition():
            return True
        await asyncio.sleep(_TURN)
    return condition()


async def settle() -> None:
    """Give everybody who could go on the chance to."""
    for _ in range(10):
        await asyncio.sleep(0.002)


class MovableLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock a check can move on, so that a time limit runs out at once.

    It serves ``asyncio.timeout``, ``wait_for``, ``sleep``, AnyIO and httpx alike.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ahead = 0.0

    def time(self) -> float:
        """Return the loop's time in seconds, moved on as often as it was."""
        return super().time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the clock on; timers that are due then run in the loop's next round."""
        self._ahead += seconds
        # The loop may be asleep until a time that has just passed.
        self.call_soon_threadsafe(lambda: None)
