"""Sea buoys: four dependencies that stand on one another."""

from dataclasses import dataclass
from typing import Annotated, Literal

import buoys
from buoys import SCALES, Buoy, Reading
from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


def buoy(code: str) -> Buoy:
    found = buoys.find(code)
    if found is None:
        raise HTTPException(404, "No such buoy")
    return found


def units(units: Literal["metric", "imperial"] = "metric") -> str:
    return units


TheBuoy = Annotated[Buoy, Depends(buoy)]
TheUnits = Annotated[str, Depends(units)]


# The units are not used here. But what stands on them waits for them, and is left out if they are invalid.
def reading(buoy: TheBuoy, _units: TheUnits) -> Reading:
    try:
        return buoys.poll(buoy)
    except buoys.Offline:
        raise HTTPException(503, "Buoy is offline") from None


TheReading = Annotated[Reading, Depends(reading)]


# Dependencies are remembered by hash for the length of a request; a frozen dataclass has one.
@dataclass(frozen=True)
class Quantity:
    name: str

    def __call__(self, reading: TheReading, units: TheUnits) -> dict[str, float | str]:
        unit, value = SCALES[self.name, units]
        return {"value": round(value(reading), 1), "unit": unit}


Water = Annotated[dict[str, float | str], Depends(Quantity("water"))]
Wind = Annotated[dict[str, float | str], Depends(Quantity("wind"))]
Waves = Annotated[dict[str, float | str], Depends(Quantity("waves"))]


@app.get("/buoys/{code}")
def overview(buoy: TheBuoy, water: Water, wind: Wind, waves: Waves):
    return {"buoy": buoy.code, "name": buoy.name, "water": water, "wind": wind, "waves": waves}


@app.get("/buoys/{code}/water")
def water(buoy: TheBuoy, water: Water):
    return {"buoy": buoy.code, **water}


@app.get("/buoys/{code}/waves")
def waves(buoy: TheBuoy, waves: Waves):
    return {"buoy": buoy.code, **waves}
