"""Sign-in with argon2-cffi itself, digests of the tokens, a router, and a response made by hand."""

import hashlib
import secrets
from typing import Annotated

import crew
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel

router = APIRouter()
scheme = OAuth2PasswordBearer(tokenUrl="/token")
argon2 = PasswordHasher()  # the parameters of a verification come from the hash
dummy = crew.hasher.hash("nobody has this password")
owners: dict[bytes, str] = {}


class Me(BaseModel):
    username: str
    ship: str


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@router.post("/token")
def token(form: OAuth2PasswordRequestForm = Depends()):
    member = crew.crew.get(form.username)
    try:
        good = argon2.verify(dummy if member is None else member.password_hash, form.password)
    except VerificationError:
        good = False
    if not (good and member and not member.disabled):
        return JSONResponse(
            {"detail": "Incorrect username or password"},
            status_code=401,
            headers={"WWW-Authenticate": 'Bearer realm="crew"', "Cache-Control": "no-store"},
        )
    token = "ferry_" + secrets.token_hex(24)
    owners[digest(token)] = form.username
    return JSONResponse(
        {"access_token": token, "token_type": "bearer", "expires_in": 3600, "scope": ""},
        headers={"Cache-Control": "no-store", "Pragma": "no-cache"},
    )


@router.get("/me", response_model=Me)
def me(token: Annotated[str, Depends(scheme)]):
    member = crew.crew.get(owners.get(digest(token)))
    if not member or member.disabled:
        raise HTTPException(401, "Who are you?", {"WWW-Authenticate": 'Bearer error="invalid_token"'})
    return vars(member)


app = FastAPI()
app.include_router(router)
