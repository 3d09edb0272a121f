"""Rooms for a choir festival, with tables for statuses and one gateway that is made when it is first needed."""

from functools import lru_cache
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from hotel import HOTEL_URL, Hotel, HotelDown, SoldOut, UnknownHold
from pydantic import BaseModel, Field, StrictStr, ValidationError


class Hold(BaseModel):
    reference: StrictStr


class HttpHotel(Hotel):
    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def hold(self, guest: str, nights: int) -> str:
        response = self.ask(201, {409: SoldOut}, method="POST", url="holds", json={"guest": guest, "nights": nights})
        try:
            return Hold.model_validate_json(response.content).reference
        except ValidationError as error:
            raise HotelDown from error

    def release(self, reference: str) -> None:
        self.ask(204, {404: UnknownHold}, method="DELETE", url=f"holds/{reference}")

    def ask(self, good: int, bad: dict[int, type[Exception]], **request: Any) -> httpx.Response:
        try:
            response = self.client.request(**request)
        except httpx.HTTPError as error:
            raise HotelDown from error
        if response.status_code != good:
            raise bad.get(response.status_code, HotelDown)
        return response


class FakeHotel:
    def __init__(self, rooms: int) -> None:
        self.free = rooms
        self.down = False
        self.holds: list[bool] = []

    def check(self) -> None:
        if self.down:
            raise HotelDown

    def hold(self, guest: str, nights: int) -> str:
        self.check()
        if not self.free:
            raise SoldOut
        self.free -= 1
        self.holds.append(True)
        return f"{len(self.holds) - 1}"

    def release(self, reference: str) -> None:
        self.check()
        if not reference.isdecimal() or int(reference) >= len(self.holds) or not self.holds[int(reference)]:
            raise UnknownHold
        self.holds[int(reference)] = False
        self.free += 1


@lru_cache
def get_hotel() -> Hotel:
    return HttpHotel(httpx.Client(base_url=HOTEL_URL, transport=httpx.HTTPTransport(retries=0)))


class Wish(BaseModel):
    name: Annotated[str, Field(min_length=1)]
    nights: Annotated[int, Field(gt=0, lt=15)]


class Booking(BaseModel):
    name: str
    reference: str


router = APIRouter(prefix="/bookings")
HotelDep = Annotated[Hotel, Depends(get_hotel)]


@router.post("", status_code=201, response_model=Booking)
def book(wish: Wish, hotel: HotelDep):
    return Booking(name=wish.name, reference=hotel.hold(wish.name, wish.nights))


@router.delete("/{reference}", status_code=204)
def cancel(reference: str, hotel: HotelDep):
    hotel.release(reference)


app = FastAPI()
app.include_router(router)

ANSWERS = {
    SoldOut: (409, "Hotel is full"),
    UnknownHold: (404, "No such booking"),
    HotelDown: (503, "Hotel does not answer"),
}


@app.exception_handler(SoldOut)
@app.exception_handler(UnknownHold)
@app.exception_handler(HotelDown)
async def answer(request: Request, error: Exception):
    status, detail = ANSWERS[type(error)]
    return JSONResponse({"detail": detail}, status_code=status)
