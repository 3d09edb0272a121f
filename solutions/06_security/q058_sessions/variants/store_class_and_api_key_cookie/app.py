"""APIKeyCookie fetches the cookie and documents it; living sessions have their cookie renewed with each answer."""

import secrets
from typing import Annotated

from boxoffice import IDLE_SECONDS, check_login, clock, orders
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Response, Security
from fastapi.security import APIKeyCookie
from pydantic import BaseModel, Field

cookie = APIKeyCookie(name="session", auto_error=False)
FLAGS = {"httponly": True, "secure": True, "samesite": "strict", "path": "/"}


class Basket(BaseModel):
    seats: list[str] = Field(default_factory=list)
    customer: str | None = None


class Store:
    def __init__(self) -> None:
        self.baskets: dict[str, Basket] = {}
        self.last: dict[str, float] = {}

    def sweep(self) -> None:
        for key in [key for key, last in self.last.items() if last + IDLE_SECONDS < clock.now()]:
            self.forget(key)

    def forget(self, key: str) -> None:
        self.baskets.pop(key, None)
        self.last.pop(key, None)

    def add(self, basket: Basket) -> str:
        key = secrets.token_hex(24)
        self.baskets[key] = basket
        self.last[key] = clock.now()
        return key


store = Store()


class Visit:
    """One request: the session that it came with, if any, and the answer's cookie."""

    def __init__(self, response: Response, key: Annotated[str | None, Security(cookie)]):
        store.sweep()
        self.response = response
        self.key = key if key in store.baskets else None
        if self.key:
            store.last[self.key] = clock.now()
            self.send()

    def send(self) -> None:
        self.response.set_cookie("session", self.key, max_age=IDLE_SECONDS, **FLAGS)

    @property
    def basket(self) -> Basket:
        return store.baskets.get(self.key, Basket())

    def begin(self, basket: Basket) -> None:
        self.end()
        self.key = store.add(basket)
        self.send()

    def end(self) -> None:
        if self.key:
            store.forget(self.key)
        self.response.delete_cookie("session")


Visiting = Annotated[Visit, Depends()]
router = APIRouter()


class Seat(BaseModel):
    seat: str


class Credentials(BaseModel):
    email: str
    password: str


@router.get("/basket")
async def show(visit: Visiting) -> Basket:
    return visit.basket


@router.post("/basket")
async def add(new: Seat, visit: Visiting) -> Basket:
    if visit.key is None:
        visit.begin(Basket())
    visit.basket.seats.append(new.seat)
    return visit.basket


@router.post("/login")
async def login(credentials: Credentials, visit: Visiting):
    if not check_login(**credentials.model_dump()):
        raise HTTPException(401, "Incorrect email or password")
    visit.begin(Basket(seats=visit.basket.seats, customer=credentials.email))
    return {"customer": credentials.email}


def customer(visit: Visiting) -> str:
    if visit.basket.customer is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Cookie"})
    return visit.basket.customer


@router.get("/orders")
async def show_orders(customer: Annotated[str, Depends(customer)]):
    return orders.get(customer) or []


@router.post("/logout", status_code=204)
async def logout(visit: Visiting):
    visit.end()


@router.post("/logout/everywhere", status_code=204)
async def logout_everywhere(customer: Annotated[str, Depends(customer)], visit: Visiting):
    for key, basket in list(store.baskets.items()):
        if basket.customer == customer:
            store.forget(key)
    visit.end()


app = FastAPI()
app.include_router(router)
