"""A recording studio: five rules, and a place for each. README.md tells what is asked for."""

import studio
from fastapi import FastAPI

app = FastAPI()

# Your rules and routes go here.
