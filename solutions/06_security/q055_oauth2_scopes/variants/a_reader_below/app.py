"""The greenhouse with a reader below the routes that write, aliases, and one lookup for every link of the chain."""

from typing import Annotated
from uuid import uuid4

from fastapi import Depends, FastAPI, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes
from greenhouse import SCOPES, Grower, check_login, house
from pydantic import BaseModel

app = FastAPI()
oauth2 = OAuth2PasswordBearer("/token", scheme_name="growers", scopes=SCOPES)
sessions: list[tuple[str, Grower, tuple[str, ...]]] = []


class Target(BaseModel):
    target: int


def session(token: Annotated[str, Security(oauth2)]):
    for known, grower, scopes in sessions:
        if known == token:
            return grower, scopes
    raise HTTPException(401, headers={"WWW-Authenticate": 'bearer error="invalid_token"'})


def allowed(wanted: SecurityScopes, session=Depends(session)):
    for scope in wanted.scopes:
        if scope not in session[1]:
            raise HTTPException(
                403,
                "Not enough permissions",
                {"WWW-Authenticate": f'Bearer scope="{" ".join(sorted(wanted.scopes))}",error=insufficient_scope'},
            )
    return session


def reader(session: Annotated[tuple, Security(allowed, scopes=["climate:read"])]):
    return session


Reader = Annotated[tuple, Security(reader)]
Daily = Annotated[tuple, Security(allowed, scopes=["climate:read:daily"])]
Heater = Annotated[tuple, Security(reader, scopes=["climate:write"])]
Plumber = Annotated[tuple, Security(reader, scopes=["valves:write"])]


@app.post("/token")
def token(form: OAuth2PasswordRequestForm = Depends()):
    grower = check_login(form.username, form.password)
    if not grower:
        raise HTTPException(401, "Incorrect username or password", {"WWW-Authenticate": "Bearer"})
    granted = tuple(scope for scope in grower.scopes if scope in form.scopes)
    sessions.append((uuid4().hex, grower, granted))
    return {"access_token": sessions[-1][0], "token_type": "bearer", "scope": " ".join(granted)}


@app.get("/me")
def me(session: Annotated[tuple, Depends(allowed)]):
    return {"username": session[0].username, "scopes": sorted(session[1])}


@app.get("/climate")
def climate(_: Reader):
    return {"target": house.target, "sensors": house.sensors}


@app.get("/climate/daily")
def daily(_: Daily):
    return {"average": sum(house.sensors) / len(house.sensors)}


@app.put("/climate/target")
def target(body: Target, _: Heater):
    house.target = body.target
    return {"target": house.target}


@app.post("/valves/{number}/open")
def valve(number: int, _: Plumber):
    house.opened.append(number)
    return {"opened": number}
