"""Rehearsal rooms to book: validators of its own, an assert, and two model validators."""

from datetime import datetime, timedelta

from fastapi import FastAPI
from pydantic import BaseModel, Field, field_validator, model_validator

app = FastAPI()

ROOMS = {"attic": 3, "cellar": 8, "hall": 20}


class Booking(BaseModel, extra="forbid"):
    band: str = Field(min_length=1, max_length=40)
    room: str
    starts: datetime
    ends: datetime
    people: int = Field(gt=0)
    drums: bool = False

    @field_validator("room")
    @classmethod
    def room_exists(cls, room):
        if room not in ROOMS:
            raise ValueError("no such room")
        return room

    @field_validator("starts", "ends")
    @classmethod
    def has_offset(cls, moment):
        assert moment.utcoffset() is not None, "an offset is missing"
        return moment

    @model_validator(mode="after")
    def ends_later(self):
        assert self.ends > self.starts, "ends too early"
        return self

    @model_validator(mode="after")
    def has_space(self):
        assert self.people <= ROOMS[self.room], "too many people"
        return self


@app.post("/bookings", status_code=201)
async def book(booking: Booking):
    length = (booking.ends - booking.starts) // timedelta(minutes=1)
    return {"room": booking.room, "minutes": length, "drums": booking.drums}


@app.post("/bookings/term", status_code=201)
async def book_a_term(term: list[Booking]):
    total = sum(((booking.ends - booking.starts) for booking in term), timedelta())
    return {"count": len(term), "minutes": total // timedelta(minutes=1)}
