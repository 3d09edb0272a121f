"""Tide tables, with a limit. README.md tells what is asked for; limits.py, store.py and tides.py are given."""

import limits
import store
import tides
from fastapi import FastAPI

app = FastAPI()


# GET /tides/{harbour}: the height of the water, limited.


# GET /health: never limited.
