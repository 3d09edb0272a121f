"""The trip page: three calls at once, then one for all prices, over connections that are opened once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, HTTPException, Request
from fastapi.middleware.gzip import GZipMiddleware
from suppliers import SupplierError, Suppliers


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Suppliers]]:
    async with Suppliers() as suppliers:
        yield {"suppliers": suppliers}


app = FastAPI(lifespan=lifespan)
app.add_middleware(GZipMiddleware, minimum_size=1000)


async def events_if_any(suppliers: Suppliers, city: str) -> list[str]:
    # It deals with its error here, so that the others never hear of it.
    try:
        return await suppliers.events(city)
    except SupplierError:
        return []


@app.get("/trips/{city}")
async def trip(city: str, request: Request):
    suppliers: Suppliers = request.state.suppliers
    try:
        weather, hotels, events = await asyncio.gather(
            suppliers.weather(city),
            suppliers.hotels(city),
            events_if_any(suppliers, city),
        )
        prices = await suppliers.prices([hotel["id"] for hotel in hotels]) if hotels else {}
    except SupplierError:
        raise HTTPException(502, "supplier unavailable") from None
    return {
        "city": city,
        "weather": weather,
        "hotels": [{**hotel, "price": prices[hotel["id"]]} for hotel in hotels],
        "events": events,
    }
