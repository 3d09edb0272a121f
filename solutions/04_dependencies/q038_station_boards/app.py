"""The station boards."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import station
from fastapi import Depends, FastAPI, Header
from pydantic import BaseModel

app = FastAPI()


# Awaits nothing, and is `async def` all the same: a `def` dependency runs in a worker thread, with a copy of the
# context, and what it sets there is seen by nobody else.
async def speak(x_language: Annotated[str | None, Header()] = None) -> None:
    station.language.set(x_language if x_language in station.PHRASES else "en")


# Blocks, so it is `def`: FastAPI calls it in a worker thread, and the event loop stays free.
def trains(platform: int) -> list[str]:
    return station.departures(platform)


# FastAPI resolves dependencies one after the other. What is to happen at the same time belongs into one of them.
async def live(platform: int) -> tuple[int, str]:
    return await asyncio.gather(station.minutes_late(platform), station.crowding(platform))


async def display(platform: int) -> AsyncIterator[station.Link]:
    link = await station.connect(platform)
    try:
        yield link
    finally:
        await link.close()


class Message(BaseModel):
    text: str


@app.get("/platforms/{platform}", dependencies=[Depends(speak)])
def board(trains: Annotated[list[str], Depends(trains)], live: Annotated[tuple[int, str], Depends(live)]):
    minutes, crowding = live
    return {"trains": trains, "late": station.say("late", minutes=minutes), "crowding": station.say(crowding)}


@app.post("/platforms/{platform}/display", status_code=204)
async def show(message: Message, link: Annotated[station.Link, Depends(display)]) -> None:
    await link.show(message.text)
