"""The cinema's programme, with one model for the whole query and one for the answer."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query
from pydantic import BaseModel, Field

app = FastAPI()
router = APIRouter(tags=["programme"])

# What the clock in the foyer says.
CALENDAR = {"today": date(2026, 3, 6)}

SCREENINGS = [
    {"id": 1, "film": "Night Train", "day": date(2026, 3, 6), "starts": "20:30", "subtitled": True},
    {"id": 2, "film": "The Orchard", "day": date(2026, 3, 7), "starts": "18:00", "subtitled": False},
    {"id": 3, "film": "Salt Wind", "day": date(2026, 3, 6), "starts": "17:15", "subtitled": True},
    {"id": 4, "film": "A Quiet Bay", "day": date(2026, 3, 6), "starts": "22:45", "subtitled": False},
    {"id": 5, "film": "Salt Wind", "day": date(2026, 3, 7), "starts": "21:00", "subtitled": True},
]


def today() -> date:
    return CALENDAR["today"]


class Order(StrEnum):
    time = "time"
    title = "title"


class Wishes(BaseModel):
    day: date = Field(default_factory=today)
    limit: int = Field(10, ge=0, le=50)
    order: Order = Order.time
    subtitled_only: bool = False


class Programme(Wishes):
    screenings: list[int]


@router.get("/screenings")
async def list_screenings(wishes: Annotated[Wishes, Query()]) -> Programme:
    found = (s for s in SCREENINGS if s["day"] == wishes.day)
    if wishes.subtitled_only:
        found = (s for s in found if s["subtitled"])
    column = {Order.time: "starts", Order.title: "film"}[wishes.order]
    ids = [s["id"] for s in sorted(found, key=lambda s: s[column])]
    return Programme(**wishes.model_dump(), screenings=ids[: wishes.limit])


app.include_router(router)
