"""The climbing hall: guards are appended to the routers, prefixes given where the routers are included."""

import hall
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPBearer


class Bearer(HTTPBearer):
    async def __call__(self, request: Request):
        found = await super().__call__(request)
        return found and found.credentials


def current_person(token: str | None = Depends(Bearer(auto_error=False))):
    person = token and hall.find(token)
    if person:
        return person
    raise HTTPException(401, "Not authenticated", {"WWW-Authenticate": "Bearer"})


async def a_setter(person: hall.Person = Depends(current_person)):
    if person.role == "setter":
        return person.name
    raise HTTPException(403, "Not allowed")


app, climbers, setters = FastAPI(), APIRouter(), APIRouter()
climbers.dependencies.append(Depends(current_person))
setters.dependencies.append(Depends(a_setter))


@app.get("/opening-hours")
def opening_hours():
    return {"opens": "10:00", "closes": "22:30"}


@climbers.get("/me", response_model=hall.Person)
def me(person=Depends(current_person)):
    return person


@climbers.get("/walls")
def walls():
    return hall.walls


@setters.put("/walls/{number}", status_code=204)
def build(number: int, style: str):
    hall.walls.update({number: style})


@setters.delete("/walls/{number}")
def tear_down(number: int, by: str = Depends(a_setter)):
    if number in hall.walls:
        return {"style": hall.walls.pop(number), "by": by}
    raise HTTPException(404, "No such wall")


both = APIRouter()
both.include_router(climbers, prefix="/climbers")
both.include_router(setters, prefix="/setters")
app.include_router(both)
