"""The car-park sign. README.md tells what it asks for."""

from fastapi import FastAPI

app = FastAPI()

# A code, the name on the sign, and the spaces that are free right now.
CARPARKS = {
    "harbour": {"name": "Old Harbour", "free": 4},
    "station": {"name": "Station Square", "free": 31},
    "market": {"name": "Market Hall", "free": 12},
}

# Your routes go here.
