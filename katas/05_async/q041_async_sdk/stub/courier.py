"""The courier's SDK: async throughout. It knows two parcels with which you can try things out."""

import asyncio
from collections.abc import AsyncIterator
from typing import Self


class UnknownParcel(Exception):
    """The courier has no parcel with this number."""


class SessionClosed(Exception):
    """A session was used after its `async with`."""


class Session:
    def __init__(self) -> None:
        self._open = False

    async def __aenter__(self) -> Self:
        self._open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self._open = False

    async def locate(self, number: str) -> dict[str, str]:
        """Where a parcel is: {"number", "status", "depot"}. Raises UnknownParcel."""
        await self._ask()
        if number not in _positions:
            raise UnknownParcel(number)
        return {"number": number, **_positions[number]}

    async def scans(self, number: str) -> AsyncIterator[dict[str, str]]:
        """The scans of a parcel, {"depot", "at"} each, as they were made. Raises UnknownParcel at the first step."""
        await self._ask()
        if number not in _positions:
            raise UnknownParcel(number)
        for scan in _scans.get(number, []):
            yield scan
            await self._ask()

    async def _ask(self) -> None:
        if not self._open:
            raise SessionClosed("this session is not open")
        await asyncio.sleep(0.05)  # the way to the courier and back


class Courier:
    def session(self) -> Session:
        """An async context manager: the session is open for as long as the `async with` lasts."""
        return Session()


async def get_courier() -> Courier:
    """A dependency."""
    return Courier()


_positions = {
    "PX1001": {"status": "in transit", "depot": "Ghent"},
    "PX1002": {"status": "announced", "depot": "Lille"},
}
_scans = {"PX1001": [{"depot": "Lille", "at": "2026-03-02 21:40"}, {"depot": "Ghent", "at": "2026-03-03 04:15"}]}
