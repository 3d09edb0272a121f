"""The climbing hall: the whole header is fetched by a class of fastapi.security, and taken apart by hand."""

from typing import Annotated

import hall
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel

header = APIKeyHeader(name="Authorization", auto_error=False)


class Whoever(BaseModel):
    name: str
    role: str


def current_person(value: Annotated[str | None, Security(header)]):
    scheme, _, token = (value or "").partition(" ")
    person = hall.find(token) if scheme == "Bearer" and token else None
    if person is None:
        raise HTTPException(401, detail={"reason": "unknown"}, headers={"www-authenticate": 'Bearer realm="hall"'})
    yield person


class OnlySetters:
    def __init__(self, person: Annotated[hall.Person, Depends(current_person)]):
        if person.role != "setter":
            raise HTTPException(403, detail=f"{person.name} sets no routes")
        self.person = person


climbers = APIRouter(prefix="/climbers", dependencies=[Security(current_person)])
setters = APIRouter(prefix="/setters", dependencies=[Depends(OnlySetters)])
app = FastAPI()


@app.get("/opening-hours")
def opening_hours():
    return {"opens": "10:00", "closes": "22:30"}


@climbers.get("/me")
def me(person: Annotated[hall.Person, Depends(current_person)]) -> Whoever:
    return Whoever(name=person.name, role=person.role)


@climbers.get("/walls")
def walls() -> dict[int, str]:
    return hall.walls


@setters.put("/walls/{number}", status_code=204)
def build(number: int, style: str) -> None:
    hall.walls[number] = style


@setters.delete("/walls/{number}")
def tear_down(number: int, guard: Annotated[OnlySetters, Depends()]) -> dict[str, str]:
    if number not in hall.walls:
        raise HTTPException(404, "No such wall")
    return {"style": hall.walls.pop(number), "by": guard.person.name}


app.include_router(climbers)
app.include_router(setters)
