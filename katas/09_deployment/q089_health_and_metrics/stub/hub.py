"""The parcel hub behind the API. Given: do not change."""

import asyncio


async def find(code: str) -> dict:
    """State of one parcel; KeyError for an unknown code."""
    await asyncio.sleep(0)
    return {"code": code, "state": "on its way"}


async def deliver(code: str, zone: str) -> None:
    """Hands one parcel over; KeyError for an unknown code."""
    await asyncio.sleep(0)


async def check_database() -> None:
    """Raises when the database is not usable."""
    await asyncio.sleep(0)


async def check_broker() -> None:
    """Raises when the message broker is not usable."""
    await asyncio.sleep(0)
