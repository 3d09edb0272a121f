"""The store that all workers share. Given: it stays as it is."""

import asyncio
from contextlib import asynccontextmanager


class StoreDown(Exception):
    """Raised by each method when the store does not answer."""


class Store:
    """Stands for Redis: shared by all workers, each call is a round trip."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def get(self, key: str) -> list[float]:
        await asyncio.sleep(0)
        return list(self._values.get(key, []))

    async def put(self, key: str, value: list[float], ttl: float) -> None:
        """Keeps the value for `ttl` seconds (more than 0)."""
        await asyncio.sleep(0)
        self._values[key] = list(value)

    @asynccontextmanager
    async def lock(self, key: str):
        """One holder at a time for each key, over all workers."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            yield


shared = Store()
