"""The greenhouse: tokens that carry what was asked for and may be granted, and routes that say what they need."""

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException, Security
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes
from greenhouse import SCOPES, check_login, house

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="token", scopes=SCOPES)


@dataclass(frozen=True)
class Access:
    username: str
    scopes: frozenset[str]


accesses: dict[str, Access] = {}  # by token


@app.post("/token")
def sign_in(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> dict[str, str]:
    grower = check_login(form.username, form.password)
    if grower is None:
        raise HTTPException(401, "Incorrect username or password", {"WWW-Authenticate": "Bearer"})
    granted = grower.scopes.intersection(form.scopes)
    token = secrets.token_urlsafe(32)
    accesses[token] = Access(grower.username, frozenset(granted))
    return {"access_token": token, "token_type": "bearer", "scope": " ".join(granted)}


def access(needed: SecurityScopes, token: Annotated[str, Depends(bearer)]) -> Access:
    found = accesses.get(token)
    if found is None:
        raise HTTPException(401, "Unknown token", {"WWW-Authenticate": "Bearer"})
    if not set(needed.scopes) <= found.scopes:
        challenge = f'Bearer error="insufficient_scope", scope="{needed.scope_str}"'
        raise HTTPException(403, "Not enough permissions", {"WWW-Authenticate": challenge})
    return found


@app.get("/me")
def me(access: Annotated[Access, Security(access)]):
    return {"username": access.username, "scopes": sorted(access.scopes)}


@app.get("/climate", dependencies=[Security(access, scopes=["climate:read"])])
def climate():
    return {"target": house.target, "sensors": house.sensors}


@app.get("/climate/daily", dependencies=[Security(access, scopes=["climate:read:daily"])])
def daily():
    return {"average": sum(house.sensors) / len(house.sensors)}


@app.put("/climate/target", dependencies=[Security(access, scopes=["climate:read", "climate:write"])])
def set_target(target: Annotated[int, Body(embed=True)]):
    house.target = target
    return {"target": target}


@app.post("/valves/{number}/open", dependencies=[Security(access, scopes=["climate:read", "valves:write"])])
def open_valve(number: int):
    house.opened.append(number)
    return {"opened": number}
