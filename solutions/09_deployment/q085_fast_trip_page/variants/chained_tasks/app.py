"""The trip page with tasks: the prices are asked as soon as the hotels are known."""

import asyncio
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI, HTTPException, Response
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from suppliers import SupplierError, Suppliers

router = APIRouter(prefix="/trips")
shared: dict[str, Suppliers] = {}


async def hotels_with_prices(suppliers: Suppliers, city: str) -> list[dict]:
    hotels = await suppliers.hotels(city)
    if not hotels:
        return []
    prices = await suppliers.prices([hotel["id"] for hotel in hotels])
    return [dict(hotel, price=prices[hotel["id"]]) for hotel in hotels]


@router.get("/{city}")
async def trip(city: str) -> Response:
    suppliers = shared["suppliers"]
    weather = asyncio.create_task(suppliers.weather(city))
    hotels = asyncio.create_task(hotels_with_prices(suppliers, city))
    events = asyncio.ensure_future(suppliers.events(city))
    await asyncio.wait([weather, hotels, events])
    happenings = []
    with suppress(SupplierError):
        happenings = events.result()
    errors = [task.exception() for task in (weather, hotels)]
    if any(errors):
        raise HTTPException(status_code=502, detail="supplier unavailable")
    return JSONResponse(
        {"city": city, "events": happenings, "hotels": hotels.result(), "weather": weather.result()},
    )


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with Suppliers() as shared["suppliers"]:
        yield {}


app = FastAPI(lifespan=lifespan)
app.include_router(router)
app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=9)
