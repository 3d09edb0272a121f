"""The station boards, with a class for the timetable and objects for the feeds and links."""

import asyncio

import station
from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel

app = FastAPI()


class Text(BaseModel):
    text: str


class Board(BaseModel):
    trains: list[str]
    late: str
    crowding: str


class Speak:
    async def __call__(self, request: Request):
        asked = request.headers.get("X-Language", "en")
        station.language.set(asked if asked in station.PHRASES else "en")


class trains(list):  # noqa: N801 - the name of the contract
    def __init__(self, platform: int):
        super().__init__(station.departures(platform))


class Live:
    async def __call__(self, platform: int):
        minutes = asyncio.create_task(station.minutes_late(platform))
        seats = await station.crowding(platform)
        return await minutes, seats


class Display:
    async def __call__(self, platform: int):
        link = await station.connect(platform)
        try:
            yield link
        finally:
            await link.close()


speak, live, display = Speak(), Live(), Display()


@app.get("/platforms/{platform}", response_model=Board)
def board(platform: int, _=Depends(speak), trains=Depends(trains), live=Depends(live)):
    return Board(trains=trains, late=station.say("late", minutes=live[0]), crowding=station.say(live[1]))


@app.post("/platforms/{platform}/display", status_code=204)
async def show(platform: int, message: Text, link: station.Link = Depends(display)):
    await link.show(message.text)
