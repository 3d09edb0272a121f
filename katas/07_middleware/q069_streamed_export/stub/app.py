"""Readings of seismographs, to be downloaded. README.md tells what is asked for."""

import archive
from fastapi import FastAPI

app = FastAPI()


# GET /stations/{station}/readings.csv: all readings of a station, as CSV.


# GET /stations/{station}/readings.jsonl: the same, one JSON object to a line.
