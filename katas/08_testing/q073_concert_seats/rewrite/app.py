"""Another app that keeps every promise of README.md, and shares nothing else with the given one."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import anyio
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel


class Order(BaseModel):
    """Who buys."""

    buyer: str


class Declined(RuntimeError):
    """No money."""


async def no_bank_here(_buyer, _seat):
    """Refuse to work in tests."""
    raise RuntimeError("no bank here")


async def get_bank():
    """Connect to the bank, which takes a moment."""
    await anyio.lowlevel.checkpoint()
    return SimpleNamespace(charge=no_bank_here)


tickets = APIRouter()


@tickets.get("/sales/waiting")
async def count(request: Request):
    """Count the queue."""
    return {"waiting": len(request.app.office.queue)}


@tickets.get("/sales/next")
async def listen(request: Request):
    """Queue for the next sale."""
    for _ in range(5):
        await anyio.lowlevel.checkpoint()
    queue = request.app.office.queue
    mouth, ear = anyio.create_memory_object_stream(1)
    queue[id(mouth)] = mouth
    with mouth, ear:
        try:
            return await ear.receive()
        finally:
            queue.pop(id(mouth), None)


@tickets.post("/seats/{seat}")
async def sell(seat: str, order: Order, request: Request, bank=Depends(get_bank)):
    """Sell a seat, if nobody else is at it."""
    await anyio.lowlevel.checkpoint()
    office = request.app.office
    if office.plan.setdefault(seat, request) is not request:
        return JSONResponse({"problem": f"{seat} is gone"}, 409)
    try:
        await bank.charge(order.buyer, seat)
    except Declined:
        del office.plan[seat]
        return JSONResponse({"problem": "no money"}, 402)
    slip = {"buyer": order.buyer, "seat": seat}
    for key in list(office.queue):
        office.queue.pop(key).send_nowait(slip)
    return JSONResponse(slip, 201)


@asynccontextmanager
async def evening(hall):
    """Open the box office for one evening."""
    hall.office = SimpleNamespace(plan={}, queue={})
    yield
    del hall.office


app = FastAPI(title="Tickets", lifespan=evening)
app.include_router(tickets)
