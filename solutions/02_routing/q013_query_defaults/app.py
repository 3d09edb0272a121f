"""The cinema's programme."""

from datetime import date
from typing import Annotated, Literal

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


SORTED_BY = {"time": "starts", "title": "film"}


@app.get("/screenings")
def list_screenings(
    day: date | None = None,
    limit: Annotated[int, Query(ge=0, le=50)] = 10,
    order: Literal["time", "title"] = "time",
    subtitled_only: bool = False,
):
    # A default is made once, when the function is defined. "Today" has to be asked for here, at every request.
    if day is None:
        day = today()
    found = [
        screening
        for screening in SCREENINGS
        if screening["day"] == day and (screening["subtitled"] or not subtitled_only)
    ]
    found.sort(key=lambda screening: screening[SORTED_BY[order]])
    return {
        "day": day,
        "limit": limit,
        "order": order,
        "subtitled_only": subtitled_only,
        "screenings": [screening["id"] for screening in found[:limit]],
    }
