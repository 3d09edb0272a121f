"""Rehearsal rooms to book."""

from typing import Annotated, Literal, Self

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

app = FastAPI()

ROOMS = {"attic": 3, "cellar": 8, "hall": 20}


class Booking(BaseModel):
    """One booking, with every rule that it has to keep, whoever builds it."""

    # A misspelt field is an error and not a field that was left out.
    model_config = ConfigDict(extra="forbid")

    band: Annotated[str, Field(min_length=1, max_length=40)]
    # The keys of ROOMS, written out so that the docs and your editor know them.
    room: Literal["attic", "cellar", "hall"]
    starts: AwareDatetime
    ends: AwareDatetime
    people: Annotated[int, Field(ge=1)]
    drums: bool = False

    # Runs only when all fields are good, so it may use each of them.
    @model_validator(mode="after")
    def fits(self) -> Self:
        if self.ends <= self.starts:
            raise ValueError("a booking ends after it starts")
        if self.people > ROOMS[self.room]:
            raise ValueError(f"the {self.room} holds {ROOMS[self.room]} people")
        return self

    @property
    def minutes(self) -> int:
        return int((self.ends - self.starts).total_seconds()) // 60


@app.post("/bookings", status_code=201)
def book(booking: Booking):
    return {"room": booking.room, "minutes": booking.minutes, "drums": booking.drums}


@app.post("/bookings/term", status_code=201)
def book_a_term(bookings: list[Booking]):
    return {"count": len(bookings), "minutes": sum(booking.minutes for booking in bookings)}
