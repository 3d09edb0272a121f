"""The cinema's programme, with `Query` as default value, a pattern and the calendar read directly."""

from datetime import date

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


@app.get("/screenings")
def list_screenings(
    day: date | None = Query(None, description="Without it, today"),
    limit: int = Query(10, ge=0, le=50),
    order: str = Query("time", pattern="^(time|title)$"),
    subtitled_only: bool = Query(False),
):
    day = day or CALENDAR["today"]
    found = [s for s in SCREENINGS if s["day"] == day]
    if subtitled_only:
        found = [s for s in found if s["subtitled"] is True]
    found.sort(key=(lambda s: s["film"]) if order == "title" else (lambda s: s["starts"]))
    return {
        "day": day.isoformat(),
        "limit": limit,
        "order": order,
        "subtitled_only": subtitled_only,
        "screenings": [s["id"] for s in found][0:limit],
    }
