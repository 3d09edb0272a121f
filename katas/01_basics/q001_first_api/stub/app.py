"""The calendar of a seaside cottage. README.md tells what it has to answer."""

from datetime import date

from fastapi import FastAPI

# The API has no title yet.
app = FastAPI()

# Your function goes here.
