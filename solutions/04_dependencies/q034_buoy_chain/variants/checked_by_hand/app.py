"""Sea buoys, with units that are checked by hand, links as classes with `__call__`, and a dependency of the router."""

from functools import partial
from typing import Annotated, Any

import buoys
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError

app = FastAPI()


class Units:
    def __call__(self, request: Request) -> str:
        wanted = request.query_params.get("units", "metric")
        if wanted not in ("metric", "imperial"):
            fault = {"type": "units", "loc": ("query", "units"), "msg": "metric or imperial", "input": wanted}
            raise RequestValidationError([fault])
        return wanted


units = Units()


def buoy(request: Request) -> buoys.Buoy:
    found = buoys.find(request.path_params["code"])
    if found is None:
        raise HTTPException(404, detail="No such buoy")
    return found


def reading(buoy: Annotated[Any, Depends(buoy)]):
    try:
        yield buoys.poll(buoy)
    except buoys.Offline:
        raise HTTPException(503, detail="Buoy is offline") from None


def shown(name: str, units: str, reading: buoys.Reading) -> dict[str, Any]:
    unit, value = buoys.SCALES[name, units]
    return {"unit": unit, "value": round(value(reading), 1)}


def Quantity(name: str):
    # The units come first: they raise at once, and then nobody polls.
    def of_this_name(units: Annotated[str, Depends(units)], reading: Annotated[Any, Depends(reading)]):
        return partial(shown, name)(units, reading)

    return of_this_name


# Raises before anything else runs.
router = APIRouter(dependencies=[Depends(units)])


@router.get("/buoys/{code}/water")
@router.get("/buoys/{code}/waves")
def one(
    request: Request,
    buoy: Annotated[Any, Depends(buoy)],
    water: Annotated[Any, Depends(Quantity("water"))],
    waves: Annotated[Any, Depends(Quantity("waves"))],
):
    return {"buoy": buoy.code, **(water if request.url.path.endswith("water") else waves)}


@router.get("/buoys/{code}")
def overview(
    buoy: Annotated[Any, Depends(buoy)],
    water: Annotated[Any, Depends(Quantity("water"))],
    wind: Annotated[Any, Depends(Quantity("wind"))],
    waves: Annotated[Any, Depends(Quantity("waves"))],
):
    return {"buoy": buoy.code, "name": buoy.name, "water": water, "wind": wind, "waves": waves}


app.include_router(router)
