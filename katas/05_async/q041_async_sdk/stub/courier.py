"""The courier's SDK: async throughout. It knows two parcels with which you can try things out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class UnknownParcel(Exception):
    """The courier has no parcel with this number."""


class SessionClosed(Exception):
    """A session was used after its `async with`."""


class Session:
    closed = False

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
        if self.closed:
            raise SessionClosed("this session was left")
        await asyncio.sleep(0.05)  # the way to the courier and back


class Courier:
    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """An async context manager: the session is open for as long as the `async with` lasts."""
        session = Session()
        try:
            yield session
        finally:
            session.closed = True


async def get_courier() -> Courier:
    """A dependency."""
    return Courier()


_positions = {
    "PX1001": {"status": "in transit", "depot": "Ghent"},
    "PX1002": {"status": "announced", "depot": "Lille"},
}
_scans = {"PX1001": [{"depot": "Lille", "at": "2026-03-02 21:40"}, {"depot": "Ghent", "at": "2026-03-03 04:15"}]}
