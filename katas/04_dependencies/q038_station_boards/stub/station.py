import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar

PHRASES = {
    "en": {"late": "{minutes} minutes late", "quiet": "Plenty of seats", "busy": "Very busy"},
    "cy": {"late": "{minutes} munud yn hwyr", "quiet": "Digon o seddi", "busy": "Prysur iawn"},
}
language: ContextVar[str] = ContextVar("language", default="en")


def say(key: str, **values: object) -> str:
    return PHRASES[language.get()][key].format(**values)


def departures(platform: int) -> list[str]:
    """Reads the timetable file. Blocks, and refuses to block an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _departures(platform)
    raise RuntimeError("departures() would block the event loop")


async def minutes_late(platform: int) -> int:
    return await _minutes_late(platform)


async def crowding(platform: int) -> str:
    """ "quiet" or "busy"."""
    return await _crowding(platform)


class Link:
    """A connection to the display of a platform; belongs to the loop that opened it."""

    def __init__(self, platform: int) -> None:
        self.platform, self.is_open = platform, True

    async def show(self, text: str) -> None:
        if not self.is_open:
            raise RuntimeError("the link is closed")
        await _show(self.platform, text)

    async def close(self) -> None:
        self.is_open = False
        await _closed(self.platform)


async def connect(platform: int) -> Link:
    await _connected(platform)
    return Link(platform)


async def _nothing(*args: object) -> None: ...


async def _five(platform: int) -> int:
    return 5


async def _quiet(platform: int) -> str:
    return "quiet"


_departures: Callable[[int], list[str]] = lambda platform: ["10:04 Aberdaron", "10:31 Bangor"]
_minutes_late: Callable[[int], Awaitable[int]] = _five
_crowding: Callable[[int], Awaitable[str]] = _quiet
_connected: Callable[[int], Awaitable[None]] = _nothing
_show: Callable[[int, str], Awaitable[None]] = _nothing
_closed: Callable[[int], Awaitable[None]] = _nothing
