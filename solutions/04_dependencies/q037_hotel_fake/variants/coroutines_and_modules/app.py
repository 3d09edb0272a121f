"""Rooms for a choir festival: coroutines that hand the hotel's calls to a thread, and a module for the hotels."""

from typing import Annotated

import httpx
from fastapi import Body, Depends, FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool
from gateway import FakeHotel, HttpHotel
from hotel import HOTEL_URL, HotelDown, SoldOut, UnknownHold
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["FakeHotel", "HttpHotel", "app", "get_hotel"]

app = FastAPI()


class Wish(BaseModel):
    model_config = ConfigDict(strict=True)

    name: str = Field(min_length=1)
    nights: int = Field(ge=1, le=14)


async def get_client():
    with httpx.Client(base_url=HOTEL_URL) as client:
        yield client


async def get_hotel(client: Annotated[httpx.Client, Depends(get_client)]):
    return HttpHotel(client)


async def ask(call, *arguments):
    try:
        return await run_in_threadpool(call, *arguments)
    except SoldOut:
        raise HTTPException(status_code=409, detail="Hotel is full") from None
    except UnknownHold:
        raise HTTPException(status_code=404, detail="No such booking") from None
    except HotelDown:
        raise HTTPException(status_code=503, detail="Hotel does not answer") from None


@app.post("/bookings", status_code=201)
async def book(wish: Annotated[Wish, Body()], hotel=Depends(get_hotel)) -> dict[str, str]:
    return {"name": wish.name, "reference": await ask(hotel.hold, wish.name, wish.nights)}


@app.delete("/bookings/{reference}", status_code=204)
async def cancel(reference: str, hotel=Depends(get_hotel)) -> None:
    await ask(hotel.release, reference)
