"""The log of the pools. README.md tells what may be left out and what may be null."""

import pool
from fastapi import FastAPI

app = FastAPI()

# pool.next_checks maps a pool to the day of its next check, or to None.

# Your model and your route go here.
