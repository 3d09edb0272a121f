"""The parcel lockers move to FastAPI, one route at a time. README.md tells which route is first."""

from fastapi import FastAPI
from legacy import PARCELS, flask_app, new_id

app = FastAPI(title="Parcel Lockers")

# Your route goes here, and the bridge to Flask.
