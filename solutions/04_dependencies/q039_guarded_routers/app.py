"""The climbing hall: each router brings its guard along."""

from typing import Annotated

import hall
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

# Fetches the token and documents it; whether the token is worth anything, it does not know.
bearer = HTTPBearer(auto_error=False)


def current_person(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> hall.Person:
    person = hall.find(sent.credentials) if sent else None
    if person is None:
        raise HTTPException(401, "Who are you?", headers={"WWW-Authenticate": "Bearer"})
    return person


Me = Annotated[hall.Person, Depends(current_person)]


# Stands on `current_person`, which runs once for a request, whoever asks for it.
def require_setter(person: Me) -> None:
    if person.role != "setter":
        raise HTTPException(403, "Only route setters may do this")


# What hangs on the router is there for every route, also for those that somebody adds next year.
climbers = APIRouter(prefix="/climbers", dependencies=[Depends(current_person)])
setters = APIRouter(prefix="/setters", dependencies=[Depends(require_setter)])
app = FastAPI()


@app.get("/opening-hours")
def opening_hours():
    return {"opens": "10:00", "closes": "22:30"}


@climbers.get("/me")
def me(person: Me):
    return person


@climbers.get("/walls")
def walls():
    return hall.walls


@setters.put("/walls/{number}", status_code=204)
def build(number: int, style: str):
    hall.walls[number] = style


@setters.delete("/walls/{number}")
def tear_down(number: int, person: Me):
    if number not in hall.walls:
        raise HTTPException(404, "No such wall")
    return {"style": hall.walls.pop(number), "by": person.name}


app.include_router(climbers)
app.include_router(setters)
