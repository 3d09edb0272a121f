"""The station boards, everything `async def`, with what blocks handed to a thread."""

import asyncio
from typing import Annotated

from fastapi import Body, Depends, FastAPI, Header, Response
from fastapi.concurrency import run_in_threadpool
from station import PHRASES, Link, connect, crowding, departures, language, minutes_late, say

app = FastAPI()


async def speak(x_language: Annotated[str, Header()] = "en"):
    token = language.set(x_language if x_language in PHRASES else "en")
    try:
        yield x_language
    finally:
        language.reset(token)


async def trains(platform: int):
    return await run_in_threadpool(departures, platform)


async def live(platform: int):
    async with asyncio.TaskGroup() as group:
        late = group.create_task(minutes_late(platform))
        seats = group.create_task(crowding(platform))
    return {"late": late.result(), "seats": seats.result()}


async def display(platform: int):
    link = await connect(platform)
    try:
        yield link
    finally:
        await link.close()


@app.get("/platforms/{platform}")
async def board(
    language: Annotated[str, Depends(speak)],
    trains: Annotated[list[str], Depends(trains)],
    live: Annotated[dict, Depends(live)],
) -> dict[str, str | list[str]]:
    return {"trains": trains, "late": say("late", minutes=live["late"]), "crowding": say(live["seats"])}


@app.post("/platforms/{platform}/display")
async def show(text: Annotated[str, Body(embed=True)], link: Annotated[Link, Depends(display, scope="function")]):
    await link.show(text)
    return Response(status_code=204)
