"""The cinema's programme, with a default factory, an enum and coroutines."""

from datetime import date
from enum import Enum
from typing import Annotated

from fastapi import FastAPI, Query

app = FastAPI()

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


class Order(str, Enum):
    TIME = "time"
    TITLE = "title"


@app.get("/screenings")
async def list_screenings(
    day: Annotated[date, Query(default_factory=today)],
    limit: Annotated[int, Query(gt=-1, lt=51)] = 10,
    order: Order = Order.TIME,
    subtitled_only: bool = False,
) -> dict[str, object]:
    found = [s for s in SCREENINGS if s["day"] == day]
    found = sorted(found, key=lambda s: s["starts"] if order is Order.TIME else s["film"])
    found = [s["id"] for s in found if s["subtitled"] or not subtitled_only]
    return {
        "day": day,
        "limit": limit,
        "order": order,
        "subtitled_only": subtitled_only,
        "screenings": found[:limit],
    }
