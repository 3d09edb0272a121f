"""Bee hives on scales. README.md tells what a reading is and what happens to it."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()

# Every good reading ends up here, as a Reading.
READINGS: list = []


class Reading(BaseModel):
    """What a scale reports."""

    # The fields and their rules go here.


# Your two routes go here.
