"""Rehearsal rooms to book: annotated validators, a wrap validator for the rules, and a root model for the term."""

from datetime import timedelta
from typing import Annotated, Any

from annotated_types import Gt
from fastapi import FastAPI
from pydantic import AfterValidator, AwareDatetime, BaseModel, RootModel, StringConstraints, model_validator

app = FastAPI()

ROOMS = {"attic": 3, "cellar": 8, "hall": 20}
MINUTE = timedelta(minutes=1)


def known(room: str) -> str:
    if room not in ROOMS:
        raise ValueError(f"one of {', '.join(ROOMS)}")
    return room


class Strict(BaseModel):
    model_config = {"extra": "forbid"}


class Booking(Strict):
    band: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    room: Annotated[str, AfterValidator(known)]
    starts: AwareDatetime
    ends: AwareDatetime
    people: Annotated[int, Gt(0)]
    drums: bool = False

    @model_validator(mode="wrap")
    @classmethod
    def fits(cls, data: Any, handler):
        booking = handler(data)
        if booking.starts >= booking.ends or booking.people > ROOMS[booking.room]:
            raise ValueError("does not fit")
        return booking


class Term(RootModel[list[Booking]]):
    @property
    def minutes(self) -> int:
        return sum((one.ends - one.starts) // MINUTE for one in self.root)


@app.post("/bookings", status_code=201)
def book(booking: Booking) -> dict[str, Any]:
    return {"room": booking.room, "minutes": (booking.ends - booking.starts) // MINUTE, "drums": booking.drums}


@app.post("/bookings/term", status_code=201)
def book_a_term(term: Term) -> dict[str, int]:
    return {"count": len(term.root), "minutes": term.minutes}
