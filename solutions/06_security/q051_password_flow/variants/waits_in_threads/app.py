"""Sign-in with `async def`, hashing in a thread, version 4 UUIDs, an exception of its own, and a dummy made at start-up."""

from contextlib import asynccontextmanager
from uuid import uuid4

from crew import crew, hasher
from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm


class Refused(Exception):
    pass


@asynccontextmanager
async def lifespan(app):
    app.state.dummy = await run_in_threadpool(hasher.hash, str(uuid4()))
    app.state.sessions = {}
    yield


app = FastAPI(lifespan=lifespan)
token_of = OAuth2PasswordBearer("./token", scheme_name="crew", auto_error=False)


@app.exception_handler(Refused)
async def refused(request, error):
    return JSONResponse({"detail": str(error)}, 401, {"WWW-Authenticate": "bearer"})


@app.middleware("http")
async def never_cached(request, call_next):
    response = await call_next(request)
    response.headers["cache-control"] = "no-store"
    return response


@app.post("/token")
async def token(request: Request, form=Depends(OAuth2PasswordRequestForm)):
    known = form.username in crew
    stored = crew[form.username].password_hash if known else request.app.state.dummy
    right = await run_in_threadpool(hasher.verify, form.password, stored)
    if not all((known, right)) or crew[form.username].disabled:
        raise Refused("Incorrect username or password")
    session = uuid4().hex
    request.app.state.sessions[session] = form.username
    return {"access_token": session, "token_type": "bearer"}


@app.get("/me")
async def me(request: Request, token=Depends(token_of)):
    try:
        member = crew[request.app.state.sessions[token]]
    except KeyError:
        raise Refused("Sign in first") from None
    if member.disabled:
        raise Refused("Sign in first")
    return {"username": member.username, "ship": member.ship}
