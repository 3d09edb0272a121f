"""The register of licences and two suppliers. What they know here is enough to try things out."""

import asyncio
import time


class Registry:
    def verify(self, licence: str) -> bool:
        """Ask the register whether a licence holds. Returns when it has answered."""
        time.sleep(0.05)
        return licence in _licences


class ColdStore:
    def stock(self, code: str) -> int:
        """Ask the vaccine store how many packs it has. Returns when it has answered."""
        time.sleep(0.05)
        return _cold.get(code, 0)


class MedExpress:
    async def stock(self, code: str) -> int:
        """Ask the courier how many packs it has. To be awaited, on the event loop of your app."""
        await asyncio.sleep(0.05)
        return _express.get(code, 0)


async def get_registry() -> Registry:
    """A dependency."""
    return Registry()


async def get_cold_store() -> ColdStore:
    """A dependency."""
    return ColdStore()


async def get_med_express() -> MedExpress:
    """A dependency."""
    return MedExpress()


_licences = {"PH-2040"}
_cold = {"vac-7": 12}
_express = {"vac-7": 3, "asp-1": 250}
