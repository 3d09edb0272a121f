"""The pickup board, with one condition for all orders, `wait_for`, and clients that are counted by a dependency."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Response, status
from pydantic import BaseModel


class Ready(BaseModel):
    counter: int


class Hall:
    def __init__(self) -> None:
        self.ready: dict[int, int] = {}
        self.held = 0
        self.news = asyncio.Condition()


hall = Hall()
router = APIRouter()


async def counted() -> AsyncIterator[None]:
    hall.held += 1
    try:
        yield
    finally:
        hall.held -= 1


@router.put("/orders/{number}/ready", status_code=status.HTTP_204_NO_CONTENT)
async def announce(number: int, ready: Ready) -> None:
    async with hall.news:
        hall.ready[number] = ready.counter
        hall.news.notify_all()


async def arrival(number: int) -> None:
    async with hall.news:
        await hall.news.wait_for(lambda: number in hall.ready)


@router.get("/orders/{number}/pickup", dependencies=[Depends(counted)])
async def pickup(number: int, wait: Annotated[float, Query(ge=0, le=60)] = 25.0):
    if number not in hall.ready:
        try:
            await asyncio.wait_for(arrival(number), wait)
        except TimeoutError:
            return Response(status_code=status.HTTP_204_NO_CONTENT)
    return {"number": number, "counter": hall.ready[number]}


@router.get("/board")
def board():
    return {"waiting": hall.held, "ready": sorted(hall.ready)}


app = FastAPI()
app.include_router(router)
