"""The station boards, with AnyIO and partials."""

import asyncio
import functools
from dataclasses import dataclass
from typing import Annotated

import anyio
import station
from fastapi import Depends, FastAPI, Header, Path

app = FastAPI()


@dataclass
class Live:
    minutes: int = 0
    seats: str = ""


@dataclass
class Message:
    text: str


async def set_language(fallback: str, x_language: Annotated[str | None, Header()] = None) -> str:
    chosen = x_language if x_language in station.PHRASES else fallback
    station.language.set(chosen)
    return chosen


speak = functools.partial(set_language, "en")


async def trains(platform: Annotated[int, Path()]) -> list[str]:
    return await asyncio.to_thread(station.departures, platform)


async def live(platform: Annotated[int, Path()]) -> Live:
    found = Live()

    async def ask_minutes() -> None:
        found.minutes = await station.minutes_late(platform)

    async def ask_seats() -> None:
        found.seats = await station.crowding(platform)

    async with anyio.create_task_group() as group:
        group.start_soon(ask_minutes)
        group.start_soon(ask_seats)
    return found


async def display(platform: Annotated[int, Path()]):
    link = await station.connect(platform)
    try:
        yield link
    finally:
        with anyio.CancelScope(shield=True):
            await link.close()


async def phrases(_: Annotated[str, Depends(speak)], live: Annotated[Live, Depends(live)]) -> dict[str, str]:
    return {"late": station.say("late", minutes=live.minutes), "crowding": station.say(live.seats)}


@app.get("/platforms/{platform}")
async def board(trains: Annotated[list[str], Depends(trains)], phrases: Annotated[dict[str, str], Depends(phrases)]):
    return {"trains": trains} | phrases


@app.post("/platforms/{platform}/display", status_code=204)
async def show(message: Message, link: Annotated[station.Link, Depends(display)]):
    await link.show(message.text)
