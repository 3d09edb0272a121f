"""A manager class that sends to everybody at once, and a ticket that is checked in a dependency."""

import asyncio
import json
from collections import defaultdict
from typing import Annotated, Any

import crew
from fastapi import Depends, FastAPI, HTTPException, Query, WebSocket, WebSocketException, status
from pydantic import BaseModel, Field

app = FastAPI()


class Manager:
    def __init__(self) -> None:
        self.rooms: defaultdict[str, defaultdict[str, set[WebSocket]]] = defaultdict(lambda: defaultdict(set))

    def members(self, room: str) -> list[str]:
        return sorted(self.rooms[room])

    def is_full(self, room: str, name: str) -> bool:
        people = self.rooms[room]
        return name not in people and len(people) >= crew.ROOMS[room]

    async def broadcast(self, room: str, message: dict[str, Any], but: str | None = None) -> int:
        sockets = [one for name, tabs in self.rooms[room].items() if name != but for one in tabs]
        results = await asyncio.gather(*(one.send_json(message) for one in sockets), return_exceptions=True)
        return sum(not isinstance(result, BaseException) for result in results)

    async def connect(self, room: str, name: str, socket: WebSocket) -> None:
        is_new = name not in self.rooms[room]
        self.rooms[room][name].add(socket)
        if is_new:
            await self.broadcast(room, {"type": "joined", "member": name}, but=name)
        await socket.send_json({"type": "welcome", "room": room, "members": self.members(room)})

    async def disconnect(self, room: str, name: str, socket: WebSocket) -> None:
        tabs = self.rooms[room][name]
        tabs.discard(socket)
        if not tabs:
            del self.rooms[room][name]
            await self.broadcast(room, {"type": "left", "member": name})


manager = Manager()


class Announcement(BaseModel):
    text: str = Field(min_length=1, max_length=500)


def known(room: str) -> str:
    if room not in crew.ROOMS:
        raise HTTPException(404)
    return room


async def holder(ticket: Annotated[str | None, Query()] = None) -> str:
    name = await crew.redeem(ticket) if ticket else None
    if name is None:
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION)
    return name


@app.get("/rooms/{room}")
async def show(room: Annotated[str, Depends(known)]) -> dict[str, Any]:
    return {"room": room, "members": manager.members(room)}


@app.post("/rooms/{room}/announcements", status_code=202)
async def announce(room: Annotated[str, Depends(known)], announcement: Announcement) -> dict[str, int]:
    return {"reached": await manager.broadcast(room, {"type": "announcement", "text": announcement.text})}


@app.websocket("/rooms/{room}")
async def talk(socket: WebSocket, room: str, name: Annotated[str, Depends(holder)]) -> None:
    await socket.accept()
    if room not in crew.ROOMS:
        raise WebSocketException(4404)
    if manager.is_full(room, name):
        raise WebSocketException(4409)
    try:
        await manager.connect(room, name, socket)
        while True:
            try:
                content = json.loads(await socket.receive_text())
            except (KeyError, ValueError):
                content = None
            text = content.get("text") if isinstance(content, dict) else None
            if isinstance(text, str) and 1 <= len(text) <= 500:
                await manager.broadcast(room, {"type": "message", "member": name, "text": text})
            else:
                await socket.send_json({"type": "error", "detail": "not a message"})
    finally:
        await manager.disconnect(room, name, socket)
