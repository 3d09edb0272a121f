"""Rehearsal rooms to book: rules in `model_post_init`, fields in another order, a tuple of bookings."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

app = FastAPI()

ROOMS = {"attic": 3, "cellar": 8, "hall": 20}


def aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("an offset is missing")
    return moment


Moment = Annotated[datetime, AfterValidator(aware)]


class Booking(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    drums: bool = False
    people: int = Field(gt=0)
    ends: Moment
    starts: Moment
    room: Literal[tuple(ROOMS)]
    band: str = Field(max_length=40, min_length=1)

    def model_post_init(self, context: Any) -> None:
        if not self.starts < self.ends:
            raise ValueError("it ends too early")
        if self.people > ROOMS[self.room]:
            raise ValueError("too many people")


def minutes(booking: Booking) -> int:
    length = booking.ends - booking.starts
    return length.days * 1440 + length.seconds // 60


@app.post("/bookings")
def book(booking: Booking):
    answer = {"room": booking.room, "minutes": minutes(booking), "drums": booking.drums}
    return JSONResponse(answer, status_code=201)


@app.post("/bookings/term", status_code=201)
def book_a_term(bookings: Annotated[tuple[Booking, ...], Body()]):
    return {"count": len(bookings), "minutes": sum(map(minutes, bookings))}
