"""The weather stations, with a subclass of `APIKeyHeader` that returns the station, and a dataclass for the body."""

from dataclasses import dataclass
from secrets import compare_digest

import stations
from fastapi import FastAPI, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from starlette.exceptions import HTTPException

app = FastAPI()


class StationKey(APIKeyHeader):
    def __init__(self):
        super().__init__(name="X-Station-Key")

    def make_not_authenticated_error(self):
        return HTTPException(401, "Invalid station key", headers={"www-authenticate": "apikey"})

    async def __call__(self, request: Request):
        sent = (await super().__call__(request)).encode("latin-1")
        for station in filter(lambda station: station.active, stations.stations):
            if compare_digest(station.key.encode("latin-1"), sent):
                return station
        raise self.make_not_authenticated_error()


@dataclass
class Reading:
    celsius: float


@dataclass
class Filed(Reading):
    station: str


@app.post("/readings")
def upload(reading: Reading, station: stations.Station = Security(StationKey())):
    stations.readings.append((station.name, reading.celsius))
    return JSONResponse({"station": station.name, "celsius": reading.celsius}, 201)


@app.get("/readings", response_model=list[float])
def own(station: stations.Station = Security(StationKey())):
    return (degrees for name, degrees in stations.readings if name == station.name)
