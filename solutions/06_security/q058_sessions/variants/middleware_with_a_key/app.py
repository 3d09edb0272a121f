"""Starlette's SessionMiddleware carries nothing but the random key of a session; the data lives in a store."""

import secrets
from typing import Optional

import boxoffice
from fastapi import FastAPI, HTTPException, Request, Response, status
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware

app = FastAPI(
    middleware=[Middleware(SessionMiddleware, secret_key=secrets.token_hex(32), https_only=True, same_site="strict")]
)
store: dict[str, dict] = {}


class Login(BaseModel):
    email: str
    password: str


class Seat(BaseModel):
    seat: str


def current(request: Request) -> Optional[dict]:
    data = store.get(request.session.get("key"))
    if data is None:
        return None
    if boxoffice.clock.now() > data["until"]:
        del store[request.session["key"]]
        return None
    data["until"] = boxoffice.clock.now() + boxoffice.IDLE_SECONDS
    return data


def begin(request: Request, **data) -> dict:
    key = secrets.token_urlsafe(16)
    store[key] = {"until": boxoffice.clock.now() + boxoffice.IDLE_SECONDS, "seats": [], "customer": None, **data}
    request.session["key"] = key
    return store[key]


def show(data):
    return {"seats": data["seats"], "customer": data["customer"]} if data else {"seats": [], "customer": None}


@app.get("/basket")
async def get_basket(request: Request):
    return show(current(request))


@app.post("/basket")
async def add_to_basket(request: Request, body: Seat):
    data = current(request) or begin(request)
    data["seats"].append(body.seat)
    return show(data)


@app.post("/login")
async def login(request: Request, body: Login):
    data = current(request)
    if not boxoffice.check_login(body.email, body.password):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED, "Incorrect email or password")
    seats = data["seats"] if data else []
    store.pop(request.session.get("key"), None)
    begin(request, customer=body.email, seats=seats)
    return {"customer": body.email}


@app.get("/orders")
async def get_orders(request: Request):
    data = current(request)
    if not data or not data["customer"]:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED)
    return boxoffice.orders.get(data["customer"], [])


@app.post("/logout")
async def logout(request: Request):
    store.pop(request.session.get("key"), None)
    request.session.clear()
    return Response(status_code=204)


@app.post("/logout/everywhere")
async def logout_everywhere(request: Request):
    data = current(request)
    if not data or not data["customer"]:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED)
    for key in [key for key, other in store.items() if other["customer"] == data["customer"]]:
        del store[key]
    request.session.clear()
    return Response(status_code=204)
