"""The weather stations, with a guard on a router that leaves the station in `request.state`, and a strict body."""

import secrets

import stations
from fastapi import APIRouter, FastAPI, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, ConfigDict

app = FastAPI()


class InvalidKey(Exception):
    pass


@app.exception_handler(InvalidKey)
async def invalid_key(request: Request, error: InvalidKey):
    return JSONResponse({"detail": "Invalid station key"}, 401, {"WWW-Authenticate": "APIKey"})


def guard(request: Request, key: str = Security(APIKeyHeader(name="X-Station-Key", description="typed in by hand"))):
    matches = [secrets.compare_digest(one.key.encode(), key.encode()) for one in stations.stations]
    for one, same in zip(stations.stations, matches):
        if same and one.active:
            request.state.station = one
            return
    raise InvalidKey


router = APIRouter(prefix="/readings", dependencies=[Security(guard)])


class ReadingIn(BaseModel):
    model_config = ConfigDict(extra="forbid")
    celsius: float


class ReadingOut(BaseModel):
    station: str
    celsius: float


@router.post("", status_code=201, response_model=ReadingOut)
def upload(request: Request, reading: ReadingIn):
    name = request.state.station.name
    stations.readings.append((name, reading.celsius))
    return {"station": name, **reading.model_dump()}


@router.get("")
def own(request: Request) -> list[float]:
    return [celsius for name, celsius in stations.readings if name == request.state.station.name]


app.include_router(router)
