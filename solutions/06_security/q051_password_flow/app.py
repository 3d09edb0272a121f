"""Sign-in for the ferry crew: random tokens, and refusals that tell nothing."""

import secrets
from typing import Annotated

from crew import Member, crew, hasher
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm

app = FastAPI()
bearer = OAuth2PasswordBearer(tokenUrl="token")
CHALLENGE = {"WWW-Authenticate": "Bearer"}

# Stands in for the hash of a member whom nobody knows, so that an unknown name takes as long as a known one.
DUMMY_HASH = hasher.hash(secrets.token_urlsafe())

signed_in: dict[str, str] = {}  # the username of each token


@app.post("/token")
def sign_in(form: Annotated[OAuth2PasswordRequestForm, Depends()], response: Response) -> dict[str, str]:
    member = crew.get(form.username)
    matches = hasher.verify(form.password, member.password_hash if member else DUMMY_HASH)
    if member is None or member.disabled or not matches:
        raise HTTPException(401, "Incorrect username or password", CHALLENGE)
    token = secrets.token_urlsafe(32)
    signed_in[token] = member.username
    response.headers["Cache-Control"] = "no-store"
    return {"access_token": token, "token_type": "bearer"}


def current_member(token: Annotated[str, Depends(bearer)]) -> Member:
    member = crew.get(signed_in.get(token, ""))
    if member is None or member.disabled:
        raise HTTPException(401, "Unknown token", CHALLENGE)
    return member


@app.get("/me")
def me(member: Annotated[Member, Depends(current_member)]) -> dict[str, str]:
    return {"username": member.username, "ship": member.ship}
