"""The trip page with a dependency, an exception handler, and errors that come back as results."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.middleware import Middleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse
from suppliers import SupplierError, Suppliers

supply = Suppliers()


@asynccontextmanager
async def lifespan(app: FastAPI):
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(supply)
        yield


app = FastAPI(lifespan=lifespan, middleware=[Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)])


@app.exception_handler(SupplierError)
async def unavailable(request: Request, error: SupplierError) -> JSONResponse:
    return JSONResponse({"detail": "supplier unavailable"}, 502)


async def suppliers() -> Suppliers:
    return supply


@app.get("/trips/{city}")
async def trip(city: str, suppliers: Annotated[Suppliers, Depends(suppliers)]) -> dict[str, Any]:
    calls = suppliers.weather(city), suppliers.hotels(city), suppliers.events(city)
    weather, hotels, events = await asyncio.gather(*calls, return_exceptions=True)
    for needed in (weather, hotels):
        if isinstance(needed, BaseException):
            raise needed
    if isinstance(events, SupplierError):
        events = []
    if hotels:
        prices = await suppliers.prices(tuple(hotel["id"] for hotel in hotels))
        for hotel in hotels:
            hotel["price"] = prices[hotel["id"]]
    return {"city": city, "weather": weather, "hotels": hotels, "events": events}
