"""What the operator knows about its stops. Given; tests replace it."""

from contextlib import asynccontextmanager

_users = {"demo-token": "demo"}
_departures = {"harbour": ("4", 7), "market": ("12", 2)}
open_sessions = 0


def user(token: str) -> str | None:
    """Whose token is it? None: nobody's."""
    return _users.get(token)


class Session:
    async def current(self, stop: str) -> tuple[str, int] | None:
        """(line, minutes) of the next departure; None: no such stop."""
        return _departures.get(stop)

    async def save(self, stop: str, line: str, minutes: int) -> None:
        """KeyError: no such stop."""
        if stop not in _departures:
            raise KeyError(stop)
        _departures[stop] = (line, minutes)


@asynccontextmanager
async def session():
    """One of the few connections to the operator's system: give it back soon."""
    global open_sessions  # noqa: PLW0603
    open_sessions += 1
    try:
        yield Session()
    finally:
        open_sessions -= 1
