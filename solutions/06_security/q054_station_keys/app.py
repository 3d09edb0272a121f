"""The weather stations: a key says which station speaks, and nothing else does."""

import secrets
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import APIKeyHeader
from pydantic import BaseModel
from stations import Station, readings, stations

app = FastAPI()

station_key = APIKeyHeader(name="X-Station-Key")


class Reading(BaseModel):
    celsius: float


def current_station(key: Annotated[str, Depends(station_key)]) -> Station:
    sent = key.encode()
    found = None
    # All entries are looked at, whichever it is: how long it takes says nothing about the key.
    for station in stations:
        same = secrets.compare_digest(station.key.encode(), sent)
        if same and station.active:
            found = station
    if found is None:
        raise HTTPException(401, "Invalid station key", headers={"WWW-Authenticate": "APIKey"})
    return found


CurrentStation = Annotated[Station, Depends(current_station)]


@app.post("/readings", status_code=201)
def upload(reading: Reading, station: CurrentStation):
    readings.append((station.name, reading.celsius))
    return {"station": station.name, "celsius": reading.celsius}


@app.get("/readings")
def own_readings(station: CurrentStation):
    return [celsius for name, celsius in readings if name == station.name]
