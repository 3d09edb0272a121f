"""The booking API of the mountain huts. It works; README.md tells what its docs lack."""

import huts
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

app = FastAPI()


class Hut(BaseModel):
    hut_id: int
    free_beds: int


class BookingRequest(BaseModel):
    guest: str
    beds: int = Field(ge=1)


class Booking(BaseModel):
    code: str
    beds: int


def free_beds(hut_id: int) -> int:
    left = huts.beds_left(hut_id)
    if left is None:
        raise HTTPException(404, "No such hut")
    return left


@app.get("/huts/{hut_id}")
def read_hut(hut_id: int) -> Hut:
    return Hut(hut_id=hut_id, free_beds=free_beds(hut_id))


@app.post("/huts/{hut_id}/bookings", status_code=201, response_model=Booking)
def book(hut_id: int, booking: BookingRequest):
    left = free_beds(hut_id)
    if booking.beds > left:
        return JSONResponse({"detail": "Not enough beds", "free_beds": left}, status_code=409)
    return Booking(code=huts.reserve(hut_id, booking.beds), beds=booking.beds)


# For us, not for partners.
@app.get("/ops/cache")
def read_cache():
    return {"entries": huts.cache_size()}
