"""The weather stations. README.md tells what is asked for; stations and readings are in stations.py."""

from fastapi import FastAPI
from stations import Station, readings, stations

app = FastAPI()

# Your routes go here.
