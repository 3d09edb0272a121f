"""The seats of a concert hall. Given, finished, not to be changed: README.md lists what it promises."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, NoReturn

import anyio
from fastapi import Body, Depends, FastAPI, HTTPException


class Declined(Exception):
    """The bank does not pay for this buyer."""


class Bank:
    async def charge(self, buyer: str, seat: str) -> NoReturn:
        raise RuntimeError(f"The real bank was asked to charge {buyer} for {seat}.")


def get_bank() -> Bank:
    return Bank()


class Listener:
    """Somebody who waits for the next sale."""

    def __init__(self) -> None:
        self.news = anyio.Event()
        self.sale: dict[str, str] = {}


class Hall:
    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.listeners: list[Listener] = []

    def announce(self, sale: dict[str, str]) -> None:
        told, self.listeners = self.listeners, []
        for listener in told:
            listener.sale = sale
            listener.news.set()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.hall = Hall()
    yield
    del app.state.hall


app = FastAPI(lifespan=lifespan)


@app.post("/seats/{seat}", status_code=201)
async def buy(
    seat: str, buyer: Annotated[str, Body(embed=True)], bank: Annotated[Bank, Depends(get_bank)]
) -> dict[str, str]:
    hall = app.state.hall
    sale = {"seat": seat, "buyer": buyer}
    if seat in hall.taken:
        raise HTTPException(409)
    hall.taken.add(seat)
    try:
        await bank.charge(buyer, seat)
    except Declined:
        hall.taken.discard(seat)
        raise HTTPException(402) from None
    hall.announce(sale)
    return sale


@app.get("/sales/next")
async def next_sale() -> dict[str, str]:
    hall, listener = app.state.hall, Listener()
    hall.listeners.append(listener)
    try:
        await listener.news.wait()
    finally:
        if listener in hall.listeners:
            hall.listeners.remove(listener)
    return listener.sale


@app.get("/sales/waiting")
async def waiting() -> dict[str, int]:
    return {"waiting": len(app.state.hall.listeners)}
