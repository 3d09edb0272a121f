"""What the trip page asks its suppliers for. Given: do not change."""

import asyncio
from typing import Self


class SupplierError(Exception):
    pass


class Suppliers:
    """Opens connections to the suppliers: costly, so open it once."""

    async def __aenter__(self) -> Self:
        await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *exc_info) -> None:
        await asyncio.sleep(0)

    async def weather(self, city: str) -> dict:
        await asyncio.sleep(0.02)
        return {"sky": "clear", "celsius": 21}

    async def hotels(self, city: str) -> list[dict]:
        await asyncio.sleep(0.02)
        return [{"id": f"{city}-{n}", "name": f"Hotel {n}"} for n in (1, 2, 3)]

    async def events(self, city: str) -> list[str]:
        await asyncio.sleep(0.02)
        return ["night market"]

    async def price(self, hotel_id: str) -> float:
        await asyncio.sleep(0.02)
        return 90.0

    async def prices(self, hotel_ids: list[str]) -> dict[str, float]:
        await asyncio.sleep(0.02)
        return dict.fromkeys(hotel_ids, 90.0)
