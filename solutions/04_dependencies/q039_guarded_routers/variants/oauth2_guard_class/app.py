"""The climbing hall, with OAuth2PasswordBearer, a guard that is an instance of a class, and prefixes on the routes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, status
from fastapi.security import OAuth2PasswordBearer
from hall import Person, find
from hall import walls as all_walls

token_of = OAuth2PasswordBearer(tokenUrl="token")


async def current_person(token: Annotated[str, Depends(token_of)]) -> Person:
    if person := find(token):
        return person
    raise HTTPException(
        status.HTTP_401_UNAUTHORIZED, headers={"WWW-Authenticate": 'Bearer realm="hall", error="invalid_token"'}
    )


@dataclass(frozen=True)
class Guard:
    roles: tuple[str, ...]

    async def __call__(self, person: Annotated[Person, Depends(current_person)]) -> Person:
        if person.role not in self.roles:
            raise HTTPException(status.HTTP_403_FORBIDDEN)
        return person


everybody, only_setters = Guard(("climber", "setter")), Guard(("setter",))
climbers = APIRouter(dependencies=[Depends(everybody)])
setters = APIRouter(dependencies=[Depends(only_setters)])


@climbers.get("/climbers/me")
async def me(person: Annotated[Person, Depends(everybody)]):
    return {"name": person.name, "role": person.role}


@climbers.get("/climbers/walls")
async def walls():
    return all_walls


@setters.put("/setters/walls/{number}", status_code=204)
async def build(number: int, style: str):
    all_walls[number] = style


@setters.delete("/setters/walls/{number}")
async def tear_down(number: int, setter: Annotated[Person, Depends(only_setters)]):
    style = all_walls.pop(number, None)
    if style is None:
        raise HTTPException(404, "No such wall")
    return {"style": style, "by": setter.name}


app = FastAPI()
app.include_router(climbers)
app.include_router(setters)


@app.get("/opening-hours")
async def opening_hours():
    return {"opens": "10:00", "closes": "22:30"}
