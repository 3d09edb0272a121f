"""Sea buoys, with a function that makes functions, models, an enum, and exception handlers for 404 and 503."""

from enum import StrEnum

import buoys
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()


class System(StrEnum):
    METRIC = "metric"
    IMPERIAL = "imperial"


class Shown(BaseModel):
    value: float
    unit: str


class ShownOfABuoy(Shown):
    buoy: str


class Overview(BaseModel):
    buoy: str
    name: str
    water: Shown
    wind: Shown
    waves: Shown


class NoSuchBuoy(Exception):
    pass


@app.exception_handler(NoSuchBuoy)
async def no_such_buoy(request: Request, error: NoSuchBuoy) -> JSONResponse:
    return JSONResponse({"detail": "No such buoy"}, 404)


@app.exception_handler(buoys.Offline)
async def offline(request: Request, error: buoys.Offline) -> JSONResponse:
    return JSONResponse({"detail": "Buoy is offline"}, 503)


async def buoy(code: str):
    found = buoys.find(code)
    if not found:
        raise NoSuchBuoy
    return found


async def units(units: System = System.METRIC):
    return units.value


async def reading(units=Depends(units), buoy=Depends(buoy)):
    return buoys.poll(buoy)


def Quantity(name: str):
    async def quantity(reading=Depends(reading), units=Depends(units)) -> Shown:
        unit, value = buoys.SCALES[(name, units)]
        return Shown(value=round(value(reading), 1), unit=unit)

    return quantity


@app.get("/buoys/{code}/water", response_model=ShownOfABuoy)
async def water(code: str, shown=Depends(Quantity("water"))):
    return {"buoy": code, **shown.model_dump()}


@app.get("/buoys/{code}/waves", response_model=ShownOfABuoy)
async def waves(code: str, shown=Depends(Quantity("waves"))):
    return {"buoy": code, **shown.model_dump()}


@app.get("/buoys/{code}", response_model=Overview)
async def overview(
    buoy=Depends(buoy),
    water=Depends(Quantity("water")),
    wind=Depends(Quantity("wind")),
    waves=Depends(Quantity("waves")),
):
    return Overview(buoy=buoy.code, name=buoy.name, water=water, wind=wind, waves=waves)
