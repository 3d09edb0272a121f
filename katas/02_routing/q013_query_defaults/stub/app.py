"""The cinema's programme. README.md tells what the page asks for."""

from datetime import date

from fastapi import FastAPI

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


# Your route goes here.
