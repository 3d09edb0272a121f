"""The greenhouse: the SDK of the meters, and the ledger."""

import asyncio
import itertools
import random
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

# Who is at work. Meter and ledger read it for their audit logs.
operator: ContextVar[str] = ContextVar("operator", default="nobody")


class LedgerDown(Exception):
    """The ledger takes no entries at the moment."""


class Meter:
    """The vendor's SDK. It blocks, and has threads of its own."""

    def __init__(self) -> None:
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def subscribe(self, callback: Callable[[dict[str, Any]], object]) -> None:
        """Returns at once. From now on, until `close` has returned, threads of the SDK call the callback.

        It is given a reading, `{"sensor": …, "value": …}`. If it raises, the SDK sends the reading again later.
        """
        thread = threading.Thread(target=self._send, args=(callback,), daemon=True)
        self._threads.append(thread)
        thread.start()

    def calibrate(self, sensor: str) -> float:
        """Blocks for a while, then gives the offset."""
        print(f"meter: {operator.get()} calibrates {sensor}")
        time.sleep(1)
        return round(random.uniform(-1, 1), 2)

    def close(self) -> None:
        """Blocks until a callback in progress has returned."""
        self._closing.set()
        for thread in self._threads:
            thread.join()

    def _send(self, callback: Callable[[dict[str, Any]], object]) -> None:
        while not self._closing.wait(2):
            reading = {"sensor": random.choice(["fern", "orchid"]), "value": round(random.uniform(15, 30), 1)}
            try:
                callback(reading)
            except Exception as error:  # noqa: BLE001
                print(f"meter: {reading} has to be sent again: {error!r}")


class Ledger:
    """Lives on the event loop on which it is used first, and works on no other."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._numbers = itertools.count(1)

    async def append(self, entry: dict[str, Any]) -> int:
        """Enters it and gives the number of the entry. Raises LedgerDown, and what else can go wrong."""
        self._loop = self._loop or asyncio.get_running_loop()
        if asyncio.get_running_loop() is not self._loop:
            msg = "the ledger lives on another event loop"
            raise RuntimeError(msg)
        await asyncio.sleep(0.1)
        print(f"ledger: {operator.get()} enters {entry}")
        return next(self._numbers)
