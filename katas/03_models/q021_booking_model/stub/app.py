"""Rehearsal rooms to book. README.md tells what a booking is and who sends it."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()

# The rooms, and how many people each of them holds.
ROOMS = {"attic": 3, "cellar": 8, "hall": 20}


class Booking(BaseModel):
    """One booking. Its fields and its rules go here."""


# Your routes go here.
