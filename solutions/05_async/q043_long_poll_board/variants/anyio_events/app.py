"""The pickup board, with AnyIO's events and time limits, response models, and all state at the app."""

from collections import Counter
from typing import Annotated, Any

import anyio
from fastapi import Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel


class Ready(BaseModel):
    counter: int


class Pickup(BaseModel):
    number: int
    counter: int


class Board(BaseModel):
    waiting: int
    ready: list[int]


class Orders:
    def __init__(self) -> None:
        self.counters: dict[int, int] = {}
        self.signals: dict[int, anyio.Event] = {}
        self.clients: Counter[int] = Counter()

    def call(self, number: int, counter: int) -> None:
        self.counters[number] = counter
        if signal := self.signals.pop(number, None):
            signal.set()

    async def wait(self, number: int, seconds: float) -> bool:
        if number in self.counters:
            return True
        signal = self.signals.setdefault(number, anyio.Event())
        self.clients[number] += 1
        try:
            with anyio.move_on_after(seconds):
                await signal.wait()
        finally:
            self.clients[number] -= 1
        return number in self.counters


app = FastAPI()
app.state.orders = Orders()


def orders_of(request: Request) -> Orders:
    return request.app.state.orders


TheOrders = Annotated[Orders, Depends(orders_of)]


@app.put("/orders/{number}/ready", status_code=204, response_class=Response)
async def call_order(number: int, body: Ready, orders: TheOrders) -> None:
    orders.call(number, body.counter)


@app.get("/orders/{number}/pickup", response_model=Pickup, responses={204: {}})
async def pickup(number: int, orders: TheOrders, wait: float = Query(25, ge=0, le=60)) -> Any:
    if await orders.wait(number, wait):
        return Pickup(number=number, counter=orders.counters[number])
    return Response(status_code=204)


@app.get("/board")
async def board(orders: TheOrders) -> Board:
    return Board(waiting=orders.clients.total(), ready=sorted(orders.counters))
