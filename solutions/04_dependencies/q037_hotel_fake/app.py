"""Rooms for a choir festival."""

from collections.abc import Iterator
from itertools import count
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException
from hotel import HOTEL_URL, Hotel, HotelDown, SoldOut, UnknownHold
from pydantic import BaseModel, Field

app = FastAPI()


class HttpHotel:
    """The real hotel. Whoever uses it hears of rooms and holds, never of HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def hold(self, guest: str, nights: int) -> str:
        response = self._send("POST", "holds", json={"guest": guest, "nights": nights})
        if response.status_code == 409:
            raise SoldOut
        if response.status_code != 201:
            raise HotelDown
        try:
            reference = response.json()["reference"]
        except (ValueError, KeyError, TypeError) as error:
            raise HotelDown from error
        if not isinstance(reference, str):
            raise HotelDown
        return reference

    def release(self, reference: str) -> None:
        response = self._send("DELETE", f"holds/{reference}")
        if response.status_code == 404:
            raise UnknownHold
        if response.status_code != 204:
            raise HotelDown

    def _send(self, method: str, path: str, json: dict[str, str | int] | None = None) -> httpx.Response:
        try:
            return self.client.request(method, path, json=json)
        except httpx.HTTPError as error:
            raise HotelDown from error


class FakeHotel:
    """A hotel in memory, which keeps the rules of the real one."""

    def __init__(self, rooms: int) -> None:
        self.rooms = rooms
        self.down = False
        self._held: set[str] = set()
        self._numbers = count(1)

    def hold(self, guest: str, nights: int) -> str:
        if self.down:
            raise HotelDown
        if len(self._held) >= self.rooms:
            raise SoldOut
        # A number of its own for every hold ever made: the number of rooms held would come back after a release.
        reference = f"hold-{next(self._numbers)}"
        self._held.add(reference)
        return reference

    def release(self, reference: str) -> None:
        if self.down:
            raise HotelDown
        if reference not in self._held:
            raise UnknownHold
        self._held.remove(reference)


# The seam. Nothing is made before the first request that needs it, and nothing at all if it is replaced.
def get_hotel() -> Iterator[Hotel]:
    with httpx.Client(base_url=HOTEL_URL) as client:
        yield HttpHotel(client)


class Wish(BaseModel):
    name: str = Field(min_length=1)
    nights: int = Field(ge=1, le=14)


AnyHotel = Annotated[Hotel, Depends(get_hotel)]


@app.post("/bookings", status_code=201)
def book(wish: Wish, hotel: AnyHotel):
    try:
        reference = hotel.hold(wish.name, wish.nights)
    except SoldOut as error:
        raise HTTPException(409, "Hotel is full") from error
    except HotelDown as error:
        raise HTTPException(503, "Hotel does not answer") from error
    return {"name": wish.name, "reference": reference}


@app.delete("/bookings/{reference}", status_code=204)
def cancel(reference: str, hotel: AnyHotel) -> None:
    try:
        hotel.release(reference)
    except UnknownHold as error:
        raise HTTPException(404, "No such booking") from error
    except HotelDown as error:
        raise HTTPException(503, "Hotel does not answer") from error
