"""Rehearsal rooms to book: an enum made from ROOMS, a computed field, response models and a router."""

from enum import Enum
from typing import Annotated

from annotated_types import Len
from fastapi import APIRouter, Body, FastAPI, status
from pydantic import AwareDatetime, BaseModel, ConfigDict, PositiveInt, computed_field, model_validator
from pydantic_core import PydanticCustomError

ROOMS = {"attic": 3, "cellar": 8, "hall": 20}

Room = Enum("Room", {name.upper(): name for name in ROOMS})


class Booking(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    band: Annotated[str, Len(1, 40)]
    room: Room
    starts: AwareDatetime
    ends: AwareDatetime
    people: PositiveInt
    drums: bool = False

    @model_validator(mode="after")
    def check(self) -> "Booking":
        if self.ends <= self.starts:
            raise PydanticCustomError("too_short", "ends before it starts")
        if self.people > ROOMS[self.room.value]:
            raise PydanticCustomError("too_small", "too many people")
        return self

    @computed_field
    @property
    def minutes(self) -> int:
        return round((self.ends - self.starts).total_seconds() / 60)


class Booked(BaseModel):
    room: Room
    minutes: int
    drums: bool


class Term(BaseModel):
    count: int
    minutes: int


router = APIRouter(prefix="/bookings")


@router.post("/term", status_code=status.HTTP_201_CREATED)
def book_a_term(bookings: Annotated[list[Booking], Body()]) -> Term:
    return Term(count=len(bookings), minutes=sum(one.minutes for one in bookings))


@router.post("", status_code=status.HTTP_201_CREATED, response_model=Booked)
def book(booking: Annotated[Booking, Body()]):
    return booking.model_dump()


app = FastAPI()
app.include_router(router)
