"""A connection is dropped, and its person's leaving told, as soon as a send to it fails."""

import json
from typing import Any

from crew import ROOMS, redeem
from fastapi import Body, FastAPI, HTTPException, WebSocket
from starlette.endpoints import WebSocketEndpoint

app = FastAPI()
connections: dict[str, list[tuple[str, WebSocket]]] = {room: [] for room in ROOMS}


def names(room: str) -> set[str]:
    return {name for name, _ in connections[room]}


async def broadcast(room: str, message: dict[str, Any], without: str = "") -> int:
    reached = 0
    dead = []
    for name, socket in connections[room].copy():
        if name == without:
            continue
        try:
            await socket.send_json(message)
            reached += 1
        except Exception:
            dead.append((name, socket))
    for name, socket in dead:
        await drop(room, name, socket)
    return reached


async def drop(room: str, name: str, socket: WebSocket) -> None:
    if (name, socket) in connections[room]:
        connections[room].remove((name, socket))
        if name not in names(room):
            await broadcast(room, {"type": "left", "member": name})


@app.websocket_route("/rooms/{room}")
class Talk(WebSocketEndpoint):
    encoding = None
    name = ""

    async def on_connect(self, websocket: WebSocket) -> None:
        self.room = websocket.path_params["room"]
        ticket = websocket.query_params.get("ticket")
        name = await redeem(ticket) if ticket is not None else None
        if not name:
            await websocket.close()
            return
        await websocket.accept()
        if self.room not in ROOMS:
            await websocket.close(4404)
            return
        present = names(self.room)
        if name not in present and len(present) == ROOMS[self.room]:
            await websocket.close(4409)
            return
        self.name = name
        connections[self.room].append((name, websocket))
        try:
            await websocket.send_json({"type": "welcome", "room": self.room, "members": sorted(names(self.room))})
        except Exception:
            await drop(self.room, name, websocket)
            return
        if name not in present:
            await broadcast(self.room, {"type": "joined", "member": name}, without=name)

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        try:
            text = json.loads(data)["text"] if isinstance(data, str) else None
        except (ValueError, TypeError, KeyError, RecursionError):
            text = None
        if isinstance(text, str) and 0 < len(text) <= 500:
            await broadcast(self.room, {"type": "message", "member": self.name, "text": text})
            return
        try:
            await websocket.send_json({"type": "error", "detail": "nonsense"})
        except Exception:
            await drop(self.room, self.name, websocket)

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        if self.name:
            await drop(self.room, self.name, websocket)


@app.get("/rooms/{room}")
async def show(room: str) -> dict[str, Any]:
    if room not in ROOMS:
        raise HTTPException(404)
    return {"room": room, "members": sorted(names(room))}


@app.post("/rooms/{room}/announcements", status_code=202)
async def announce(room: str, text: str = Body(embed=True, min_length=1, max_length=500)) -> dict[str, int]:
    if room not in ROOMS:
        raise HTTPException(404)
    return {"reached": await broadcast(room, {"type": "announcement", "text": text})}
