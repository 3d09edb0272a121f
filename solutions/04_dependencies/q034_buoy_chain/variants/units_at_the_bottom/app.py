"""Sea buoys, with the units below the buoy, a plain class, dataclasses and a router."""

from dataclasses import dataclass
from typing import Annotated

from buoys import SCALES, Buoy, Offline, Reading, find, poll
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query

app = FastAPI()
router = APIRouter(prefix="/buoys/{code}")


@dataclass
class Shown:
    value: float
    unit: str


def units(units: Annotated[str, Query(pattern="^(metric|imperial)$")] = "metric") -> str:
    return units


def buoy(code: str, _: Annotated[str, Depends(units)]) -> Buoy:
    if (known := find(code)) is None:
        raise HTTPException(status_code=404, detail="No such buoy")
    return known


async def reading(buoy: Annotated[Buoy, Depends(buoy)]) -> Reading:
    try:
        return poll(buoy)
    except Offline as silence:
        raise HTTPException(status_code=503, detail="Buoy is offline") from silence


class Quantity:
    def __init__(self, name):
        self.name = name

    async def __call__(
        self, units: Annotated[str, Depends(units)], reading: Annotated[Reading, Depends(reading)]
    ) -> Shown:
        unit, value = SCALES[self.name, units]
        return Shown(value=float(f"{value(reading):.1f}"), unit=unit)


def alone(buoy: Buoy, shown: Shown):
    return {"buoy": buoy.code, "value": shown.value, "unit": shown.unit}


@router.get("/water")
def water(buoy: Annotated[Buoy, Depends(buoy)], shown: Annotated[Shown, Depends(Quantity("water"))]):
    return alone(buoy, shown)


@router.get("/waves")
def waves(buoy: Annotated[Buoy, Depends(buoy)], shown: Annotated[Shown, Depends(Quantity("waves"))]):
    return alone(buoy, shown)


@router.get("")
def overview(
    buoy: Annotated[Buoy, Depends(buoy)],
    water: Annotated[Shown, Depends(Quantity("water"))],
    wind: Annotated[Shown, Depends(Quantity("wind"))],
    waves: Annotated[Shown, Depends(Quantity("waves"))],
):
    return {"buoy": buoy.code, "name": buoy.name, "water": water, "wind": wind, "waves": waves}


app.include_router(router)
