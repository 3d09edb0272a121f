"""A recording studio: what holds for every request stands around the app, what needs a room stands at the route."""

from typing import Annotated

import studio
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

app = FastAPI()
OLD = "/studio.php"


class OldPaths:
    """Serves `/studio.php/…` as if the prefix were not there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(f"{OLD}/"):
            # A copy: whoever stands around keeps the path that the client has sent.
            scope = dict(scope, path=scope["path"].removeprefix(OLD))
        await self.app(scope, receive, send)


class Desk:
    """Counts every request, and sees to it that no browser guesses at types."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500  # unless an answer begins

        async def pass_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Content-Type-Options"] = "nosniff"
            await send(message)

        try:
            await self.app(scope, receive, pass_on)
        finally:
            studio.count(scope["method"], scope["path"], status)


# The one that is added first is the innermost.
app.add_middleware(OldPaths)
app.add_middleware(Desk)


def get_room(room_id: int) -> studio.Room:
    room = studio.find(room_id)
    if room is None:
        raise HTTPException(404, "No such room")
    if room.locked:
        raise HTTPException(423, "Room is locked")
    return room


def only_engineers(x_engineer: Annotated[str, Header()]) -> None:
    if x_engineer not in studio.engineers:
        raise HTTPException(403, "Engineers only")


Room = Annotated[studio.Room, Depends(get_room)]


class Take(BaseModel):
    title: str


@app.get("/rooms")
def list_rooms() -> list[str]:
    return sorted(room.name for room in studio.rooms.values())


@app.get("/rooms/{room_id}")
def read_room(room: Room) -> dict[str, int | str]:
    return {"id": room.id, "name": room.name}


@app.post("/rooms/{room_id}/takes", status_code=201)
def add_take(room: Room, take: Take) -> dict[str, int | str]:
    room.takes.append(take.title)
    return {"room": room.name, "takes": len(room.takes)}


@app.delete("/rooms/{room_id}/takes", status_code=204, dependencies=[Depends(only_engineers)])
def empty_takes(room: Room) -> None:
    room.takes.clear()


app.mount("/manual", studio.manual)
