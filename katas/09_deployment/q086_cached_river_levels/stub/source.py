"""The hydrology office: slow, and it bills every call. Given: do not change."""

import asyncio


class SourceError(Exception):
    pass


_levels: dict[str, list[float]] = {}


async def fetch_levels(station: str, days: int) -> list[float]:
    await asyncio.sleep(0.05)
    return _levels.get(station, [1.0])[-days:]


async def record(station: str, level: float) -> None:
    await asyncio.sleep(0.05)
    _levels.setdefault(station, [1.0]).append(level)
