"""Rooms for a choir festival, with one client for the life of the app, and exception handlers."""

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated
from uuid import uuid4

import hotel
import httpx
from fastapi import Body, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse


@asynccontextmanager
async def lifespan(app: FastAPI):
    with httpx.Client(base_url=hotel.HOTEL_URL, timeout=5) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@dataclass
class HttpHotel:
    client: httpx.Client

    def hold(self, guest, nights):
        try:
            answer = self.client.post("/holds", json={"nights": nights, "guest": guest})
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise hotel.HotelDown(str(error)) from error
        match answer.status_code:
            case 201:
                return self.reference_in(answer)
            case 409:
                raise hotel.SoldOut
            case other:
                raise hotel.HotelDown(f"status {other}")

    def release(self, reference):
        try:
            answer = self.client.delete(f"/holds/{reference}")
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise hotel.HotelDown(str(error)) from error
        match answer.status_code:
            case 204:
                return
            case 404:
                raise hotel.UnknownHold(reference)
            case other:
                raise hotel.HotelDown(f"status {other}")

    def reference_in(self, answer):
        try:
            body = answer.json()
        except ValueError:
            body = None
        match body:
            case {"reference": str(reference)}:
                return reference
            case _:
                raise hotel.HotelDown("not as agreed")


@dataclass
class FakeHotel:
    rooms: int
    down: bool = False
    held: dict[str, tuple[str, int]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def hold(self, guest, nights):
        self.calls.append("hold")
        if self.down:
            raise hotel.HotelDown
        if len(self.held) == self.rooms:
            raise hotel.SoldOut
        reference = str(uuid4())
        self.held[reference] = guest, nights
        return reference

    def release(self, reference):
        self.calls.append("release")
        if self.down:
            raise hotel.HotelDown
        if self.held.pop(reference, None) is None:
            raise hotel.UnknownHold(reference)


def get_hotel(request: Request):
    return HttpHotel(request.app.state.client)


def translated(status: int, detail: str):
    async def handle(request: Request, error: Exception):
        return JSONResponse({"detail": detail}, status)

    return handle


app.add_exception_handler(hotel.SoldOut, translated(409, "Hotel is full"))
app.add_exception_handler(hotel.UnknownHold, translated(404, "No such booking"))
app.add_exception_handler(hotel.HotelDown, translated(503, "Hotel does not answer"))


@app.post("/bookings", status_code=201)
def book(
    name: Annotated[str, Body(min_length=1)],
    nights: Annotated[int, Body(ge=1, le=14)],
    hotel=Depends(get_hotel),
):
    return {"name": name, "reference": hotel.hold(guest=name, nights=nights)}


@app.delete("/bookings/{reference}")
def cancel(reference: str, hotel=Depends(get_hotel)):
    hotel.release(reference=reference)
    return Response(status_code=204)
