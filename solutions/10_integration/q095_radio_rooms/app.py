"""Radio rooms: a room keeps connections and shows people; whoever leaves, however they leave, is taken out."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Annotated, Any

from crew import ROOMS, redeem
from fastapi import FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, StringConstraints, ValidationError

app = FastAPI()

NO_SUCH_ROOM, ROOM_FULL = 4404, 4409


class Words(BaseModel):
    text: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class Room:
    def __init__(self, places: int) -> None:
        self.places = places
        self.connections: dict[WebSocket, str] = {}

    @property
    def members(self) -> list[str]:
        return sorted(set(self.connections.values()))

    def has_place_for(self, name: str) -> bool:
        return name in self.members or len(self.members) < self.places

    def others(self, name: str) -> list[WebSocket]:
        return [socket for socket, member in self.connections.items() if member != name]


rooms = {name: Room(places) for name, places in ROOMS.items()}


async def tell(sockets: Iterable[WebSocket], message: dict[str, Any]) -> int:
    """Send a message to a copy of a room and count who took it; a dead line is its own endpoint's business."""
    reached = 0
    for socket in list(sockets):
        with suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_json(message)
            reached += 1
    return reached


def found(room: str) -> Room:
    if room not in rooms:
        raise HTTPException(404, "no such room")
    return rooms[room]


@app.get("/rooms/{room}")
async def show(room: str) -> dict[str, Any]:
    return {"room": room, "members": found(room).members}


@app.post("/rooms/{room}/announcements", status_code=202)
async def announce(room: str, words: Words) -> dict[str, int]:
    return {"reached": await tell(found(room).connections, {"type": "announcement", "text": words.text})}


@app.websocket("/rooms/{room}")
async def talk(socket: WebSocket, room: str, ticket: str = "") -> None:
    name = await redeem(ticket)
    if name is None:
        await socket.close(1008)
        return
    await socket.accept()
    if room not in rooms:
        await socket.close(NO_SUCH_ROOM)
        return
    here = rooms[room]
    # From the look at the places to the name in the list there is no `await`: nobody comes in between.
    if not here.has_place_for(name):
        await socket.close(ROOM_FULL)
        return
    is_new = name not in here.members
    here.connections[socket] = name
    try:
        await socket.send_json({"type": "welcome", "room": room, "members": here.members})
        if is_new:
            await tell(here.others(name), {"type": "joined", "member": name})
        await listen(socket, here, name)
    except WebSocketDisconnect:
        pass
    finally:
        del here.connections[socket]
        if name not in here.members:
            await tell(here.connections, {"type": "left", "member": name})


async def listen(socket: WebSocket, here: Room, name: str) -> None:
    while (event := await socket.receive())["type"] != "websocket.disconnect":
        try:
            words = Words.model_validate_json(event.get("text") or "")
        except ValidationError:
            await socket.send_json({"type": "error", "detail": "Send an object with a text of 1 to 500 characters."})
        else:
            await tell(here.connections, {"type": "message", "member": name, "text": words.text})
