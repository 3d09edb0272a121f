"""The greenhouse with signed tokens that hold their scopes (as a JWT does), the guard on parameters, and models."""

import base64
import hashlib
import hmac
import json
import os
from typing import Annotated

import greenhouse
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Security, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm, SecurityScopes
from pydantic import BaseModel

KEY = os.urandom(32)
HEADER = {"alg": "HS256", "typ": "JWT"}

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="/token", scopes=dict(greenhouse.SCOPES), auto_error=False)


class Claims(BaseModel):
    sub: str
    scope: str

    @property
    def scopes(self):
        return self.scope.split()


class Token(BaseModel):
    access_token: str
    token_type: str = "bearer"
    scope: str
    expires_in: int = 900


class Target(BaseModel):
    target: int


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def signature(text: str) -> str:
    return packed(hmac.digest(KEY, text.encode(), hashlib.sha256))


def written(claims: Claims) -> str:
    text = ".".join(packed(json.dumps(part).encode()) for part in (HEADER, claims.model_dump()))
    return f"{text}.{signature(text)}"


def read(token: str) -> Claims | None:
    text, _, signed = token.rpartition(".")
    if not hmac.compare_digest(signed.encode(), signature(text).encode()):
        return None
    payload = text.split(".")[1]
    return Claims.model_validate_json(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


async def claims(needed: SecurityScopes, token: Annotated[str | None, Depends(scheme)]) -> Claims:
    scope = f'scope="{needed.scope_str}"'
    if not token or not (found := read(token)):
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            "No good token",
            {"WWW-Authenticate": f'Bearer error="invalid_token", {scope}'},
        )
    if any(one not in found.scopes for one in needed.scopes):
        raise HTTPException(
            status_code=status.HTTP_403_FORBIDDEN,
            detail="Not enough permissions",
            headers={"WWW-Authenticate": f'Bearer {scope}, realm="greenhouse", error="insufficient_scope"'},
        )
    return found


@app.post("/token")
async def token(form: Annotated[OAuth2PasswordRequestForm, Depends()]) -> Token:
    grower = greenhouse.check_login(form.username, form.password)
    if not grower:
        raise HTTPException(401, "Incorrect username or password", {"WWW-Authenticate": 'Bearer realm="greenhouse"'})
    scope = " ".join(one for one in form.scopes if one in grower.scopes)
    return Token(access_token=written(Claims(sub=grower.username, scope=scope)), scope=scope)


@app.get("/me")
async def me(claims: Annotated[Claims, Depends(claims)]):
    return {"scopes": sorted(claims.scopes), "username": claims.sub}


climate = APIRouter(prefix="/climate")


@climate.get("")
async def all_of_it(_: Annotated[Claims, Security(claims, scopes=["climate:read"])]):
    return {"sensors": greenhouse.house.sensors, "target": greenhouse.house.target}


@climate.get("/daily")
async def daily(_: Annotated[Claims, Security(claims, scopes=["climate:read:daily"])]):
    sensors = greenhouse.house.sensors
    return {"average": sum(sensors) / len(sensors)}


@climate.put("/target")
async def target(
    body: Target, _: Annotated[Claims, Security(claims, scopes=["climate:write", "climate:read"])]
) -> Target:
    greenhouse.house.target = body.target
    return body


app.include_router(climate)


@app.post("/valves/{number}/open")
async def valve(number: int, _: Annotated[Claims, Security(claims, scopes=["climate:read", "valves:write"])]):
    greenhouse.house.opened += [number]
    return {"opened": number}
