"""The climbing hall: the guards put the person into the state of the request, and routes take it from there."""

import hall
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPBearer

bearer = HTTPBearer()  # answers 401 by itself if there is no token


def current_person(token=Depends(bearer)):
    person = hall.find(token.credentials)
    if not person:
        raise HTTPException(status_code=401, headers={"WWW-Authenticate": "Bearer"})
    return person


def member(request: Request, person=Depends(current_person)):
    request.state.person = person


def setter(request: Request, _=Depends(member)):
    if request.state.person.role != "setter":
        raise HTTPException(403)


app = FastAPI()
climbers = APIRouter(prefix="/climbers", dependencies=[Depends(member)])
setters = APIRouter(prefix="/setters", dependencies=[Depends(member), Depends(setter)])


@app.get("/opening-hours")
def opening_hours():
    return {"opens": "10:00", "closes": "22:30"}


@climbers.get("/me")
def me(request: Request):
    return vars(request.state.person)


@climbers.get("/walls")
def walls():
    return hall.walls


@setters.put("/walls/{number}")
def build(number: int, style: str):
    hall.walls[number] = style
    return Response(status_code=204)


@setters.delete("/walls/{number}")
def tear_down(number: int, request: Request):
    try:
        return {"style": hall.walls.pop(number), "by": request.state.person.name}
    except KeyError:
        raise HTTPException(404, "No such wall") from None


app.include_router(climbers)
app.include_router(setters)
