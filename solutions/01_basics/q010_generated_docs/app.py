"""The booking API of the mountain huts, with docs that partners can rely on."""

import huts
from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

app = FastAPI(
    title="Hut Partner API",
    version="2.1.0",
    description=huts.ABOUT,
    openapi_tags=[
        {"name": "huts", "description": "Where beds are free"},
        {"name": "bookings", "description": "Reserve beds for a guest"},
    ],
    # The page and the document that it loads have an address each.
    docs_url="/reference",
    openapi_url="/reference/openapi.json",
    redoc_url=None,
)


class Hut(BaseModel):
    hut_id: int
    free_beds: int


class BookingRequest(BaseModel):
    guest: str = Field(description="Name at the hut door")
    beds: int = Field(ge=1, description="How many beds")


class Booking(BaseModel):
    code: str
    beds: int


# FastAPI reads signatures, not function bodies: answers that are raised or returned there have to be declared.
class Missing(BaseModel):
    detail: str


class Full(BaseModel):
    detail: str
    free_beds: int


def free_beds(hut_id: int) -> int:
    left = huts.beds_left(hut_id)
    if left is None:
        raise HTTPException(404, "No such hut")
    return left


@app.get("/huts/{hut_id}", tags=["huts"], responses={404: {"model": Missing}})
def read_hut(hut_id: int) -> Hut:
    return Hut(hut_id=hut_id, free_beds=free_beds(hut_id))


@app.post(
    "/huts/{hut_id}/bookings",
    status_code=201,
    response_model=Booking,
    tags=["bookings"],
    summary="Book beds",
    responses={404: {"model": Missing}, 409: {"model": Full}},
)
def book(hut_id: int, booking: BookingRequest):
    """Reserve beds for one guest. A booking is binding."""
    left = free_beds(hut_id)
    if booking.beds > left:
        return JSONResponse({"detail": "Not enough beds", "free_beds": left}, status_code=409)
    return Booking(code=huts.reserve(hut_id, booking.beds), beds=booking.beds)


# For us, not for partners. That hides it from the docs and protects nothing.
@app.get("/ops/cache", include_in_schema=False)
def read_cache():
    return {"entries": huts.cache_size()}
