"""Sign-in as a class, with form fields of its own, the general OAuth2 scheme, and a dummy made when it is first needed."""

import random
from functools import cache
from typing import Annotated, Literal

import crew
from fastapi import FastAPI, Form, HTTPException, Response, Security
from fastapi.security import OAuth2
from fastapi.security.utils import get_authorization_scheme_param

app = FastAPI()
scheme = OAuth2(flows={"password": {"tokenUrl": "token"}}, auto_error=False)
system = random.SystemRandom()


@cache
def somebody():
    return crew.hasher.hash("%x" % system.getrandbits(256))


class Desk:
    def __init__(self):
        self.tokens = []

    def refuse(self, detail):
        return HTTPException(401, detail, {"WWW-Authenticate": "Bearer"})

    def sign_in(self, username, password):
        member = crew.crew.get(username, crew.Member("", "", somebody(), disabled=True))
        valid, _ = crew.hasher.verify_and_update(password, member.password_hash)
        if member.disabled or not valid:
            raise self.refuse("Incorrect username or password")
        token = "".join(system.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=40))
        self.tokens.append((token, username))
        return token

    def member(self, authorization: Annotated[str | None, Security(scheme)]):
        kind, credential = get_authorization_scheme_param(authorization)
        for token, username in self.tokens:
            if kind.lower() == "bearer" and token == credential:
                member = crew.crew.get(username)
                if member is not None and not member.disabled:
                    return member
        raise self.refuse("No entry")


desk = Desk()


@app.post("/token")
def token(
    response: Response,
    username: Annotated[str, Form()],
    password: Annotated[str, Form()],
    grant_type: Annotated[Literal["password"] | None, Form()] = None,
):
    response.headers["Cache-Control"] = "no-store, max-age=0"
    return {"token_type": "bearer", "access_token": desk.sign_in(username, password)}


@app.get("/me")
def me(member: Annotated[crew.Member, Security(desk.member)]):
    return {"username": member.username, "ship": member.ship}
