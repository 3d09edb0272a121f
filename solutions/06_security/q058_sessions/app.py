"""The theatre's box office: a random number in the cookie, and all the rest on the server."""

import secrets
from dataclasses import dataclass, field
from typing import Annotated, Any

from boxoffice import IDLE_SECONDS, check_login, clock, orders
from fastapi import Body, Cookie, Depends, FastAPI, HTTPException, Response

app = FastAPI()


@dataclass
class Session:
    seats: list[str] = field(default_factory=list)
    customer: str | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    seen: float = field(default_factory=clock.now)


sessions: dict[str, Session] = {}  # by key, which is the value of the cookie


def living(session: Annotated[str, Cookie()] = "") -> Session | None:
    found = sessions.get(session)
    if found is None:
        return None
    now = clock.now()
    if now - found.seen > IDLE_SECONDS:
        del sessions[found.key]
        return None
    found.seen = now
    return found


Living = Annotated[Session | None, Depends(living)]


def start(response: Response, seats: list[str], customer: str | None = None) -> Session:
    session = Session(seats, customer)
    sessions[session.key] = session
    response.set_cookie("session", session.key, httponly=True, secure=True, samesite="lax")
    return session


def end(session: Session) -> None:
    sessions.pop(session.key, None)


def delete_cookie(response: Response) -> None:
    response.delete_cookie("session", httponly=True, secure=True, samesite="lax")


def shown(session: Session | None) -> dict[str, Any]:
    return {"seats": session.seats if session else [], "customer": session.customer if session else None}


@app.get("/basket")
def basket(session: Living) -> dict[str, Any]:
    return shown(session)


@app.post("/basket")
def add(seat: Annotated[str, Body(embed=True)], session: Living, response: Response) -> dict[str, Any]:
    session = session or start(response, [])
    session.seats.append(seat)
    return shown(session)


@app.post("/login")
def login(
    email: Annotated[str, Body()], password: Annotated[str, Body()], session: Living, response: Response
) -> dict[str, str]:
    if not check_login(email, password):
        raise HTTPException(401, "Incorrect email or password")
    if session:
        end(session)
    start(response, session.seats if session else [], email)
    return {"customer": email}


def customer(session: Living) -> str:
    if session is None or session.customer is None:
        raise HTTPException(401, "Nobody is logged in")
    return session.customer


Customer = Annotated[str, Depends(customer)]


@app.get("/orders")
def show_orders(customer: Customer) -> list[str]:
    return orders.get(customer, [])


@app.post("/logout", status_code=204)
def logout(session: Living, response: Response) -> None:
    if session:
        end(session)
    delete_cookie(response)


@app.post("/logout/everywhere", status_code=204)
def logout_everywhere(customer: Customer, response: Response) -> None:
    for session in list(sessions.values()):
        if session.customer == customer:
            end(session)
    delete_cookie(response)
