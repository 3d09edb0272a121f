"""The trip page with a TaskGroup, `app.state` and response models."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import suppliers
from fastapi import FastAPI, HTTPException
from fastapi.middleware.gzip import GZipMiddleware
from pydantic import BaseModel


class Weather(BaseModel):
    sky: str
    celsius: float


class Hotel(BaseModel):
    id: str
    name: str
    price: float


class Trip(BaseModel):
    city: str
    weather: Weather
    hotels: list[Hotel]
    events: list[str] = []


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.suppliers = suppliers.Suppliers()
    await app.state.suppliers.__aenter__()
    yield
    await app.state.suppliers.__aexit__(None, None, None)


app = FastAPI(lifespan=lifespan)
app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=1)


async def events_of(city: str) -> list[str]:
    try:
        return await app.state.suppliers.events(city)
    except suppliers.SupplierError:
        return []


async def trip_to(city: str) -> Trip:
    async with asyncio.TaskGroup() as group:
        weather = group.create_task(app.state.suppliers.weather(city))
        hotels = group.create_task(app.state.suppliers.hotels(city))
        events = group.create_task(events_of(city))
    known = hotels.result()
    prices = {}
    if known:
        prices = await app.state.suppliers.prices({hotel["id"] for hotel in known})
    return Trip(
        city=city,
        weather=Weather(**weather.result()),
        hotels=[Hotel(**hotel, price=prices[hotel["id"]]) for hotel in known],
        events=events.result(),
    )


@app.get("/trips/{city}", response_model=Trip)
async def trip(city: str):
    try:
        found = await trip_to(city)
    except* suppliers.SupplierError:
        raise HTTPException(502, "supplier unavailable") from None
    return found
