"""The climbing hall. README.md tells who may do what; members and walls are in hall.py."""

import hall
from fastapi import APIRouter, FastAPI, HTTPException

app = FastAPI()
climbers = APIRouter(prefix="/climbers")
setters = APIRouter(prefix="/setters")


def current_person():
    """The person who makes this request, a `hall.Person`."""


@app.get("/opening-hours")
def opening_hours():
    return {"opens": "10:00", "closes": "22:30"}


@climbers.get("/walls")
def walls():
    return hall.walls


@setters.put("/walls/{number}", status_code=204)
def build(number: int, style: str):
    hall.walls[number] = style


@setters.delete("/walls/{number}")
def tear_down(number: int):
    if number not in hall.walls:
        raise HTTPException(404, "No such wall")
    return {"style": hall.walls.pop(number)}


# Below all routes, so that the routers are complete when they are included.
app.include_router(climbers)
app.include_router(setters)
