"""The station boards on a router, where every route speaks."""

import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

import station
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel


async def speak(request: Request) -> None:
    asked = request.headers.get("x-language")
    station.language.set("en" if asked not in station.PHRASES else asked)


def trains(platform: int) -> list[str]:
    return station.departures(platform)


async def live(platform: int):
    tasks = [asyncio.ensure_future(feed(platform)) for feed in (station.minutes_late, station.crowding)]
    return [await task for task in tasks]


@asynccontextmanager
async def linked(platform: int):
    link = await station.connect(platform)
    try:
        yield link
    finally:
        await link.close()


async def display(platform: int):
    async with linked(platform) as link:
        yield link


class Message(BaseModel):
    text: str


router = APIRouter(prefix="/platforms/{platform}", dependencies=[Depends(speak)])


@router.get("")
async def board(platform: int, trains: Annotated[list, Depends(trains)], live: Annotated[list, Depends(live)]):
    minutes, seats = live
    return JSONResponse(
        {"trains": list(trains), "late": station.say("late", minutes=minutes), "crowding": station.say(seats)}
    )


@router.post("/display", status_code=204)
async def show(platform: int, message: Message, link: Annotated[station.Link, Depends(display)]):
    await link.show(message.text)


app = FastAPI()
app.include_router(router)
