"""A queue and a sending task for each connection; a bad ticket gets a whole answer."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import crew
from fastapi import APIRouter, FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

router = APIRouter(prefix="/rooms/{room}")


class Said(BaseModel):
    text: Annotated[str, StringConstraints(min_length=1, max_length=500)]


SAID = TypeAdapter(Said)


class Line:
    """A connection; whoever puts something into its queue may wait until it was taken."""

    def __init__(self, name: str, socket: WebSocket) -> None:
        self.name = name
        self.socket = socket
        self.queue: asyncio.Queue[tuple[dict[str, Any], asyncio.Future[bool]]] = asyncio.Queue()

    def put(self, message: dict[str, Any]) -> asyncio.Future[bool]:
        taken = asyncio.get_running_loop().create_future()
        self.queue.put_nowait((message, taken))
        return taken

    async def run(self) -> None:
        while True:
            message, taken = await self.queue.get()
            was_taken = False
            try:
                await self.socket.send_json(message)
                was_taken = True
            except (WebSocketDisconnect, RuntimeError):
                pass
            finally:
                if not taken.done():
                    taken.set_result(was_taken)


lines: dict[str, list[Line]] = {}


def people(room: str) -> list[str]:
    return sorted({line.name for line in lines.get(room, [])})


@contextmanager
def present(room: str, line: Line) -> Iterator[None]:
    is_new = line.name not in people(room)
    lines.setdefault(room, []).append(line)
    line.put({"type": "welcome", "room": room, "members": people(room)})
    if is_new:
        for other in lines[room]:
            if other.name != line.name:
                other.put({"type": "joined", "member": line.name})
    try:
        yield
    finally:
        lines[room].remove(line)
        if line.name not in people(room):
            for other in lines[room]:
                other.put({"type": "left", "member": line.name})


@router.get("")
async def show(room: str) -> dict[str, Any]:
    if room not in crew.ROOMS:
        raise HTTPException(404)
    return {"room": room, "members": people(room)}


@router.post("/announcements", status_code=202)
async def announce(room: str, said: Said) -> dict[str, int]:
    if room not in crew.ROOMS:
        raise HTTPException(404)
    taken = [line.put({"type": "announcement", "text": said.text}) for line in lines.get(room, [])]
    results = await asyncio.gather(*taken, return_exceptions=True)
    return {"reached": results.count(True)}


@router.websocket("")
async def talk(room: str, socket: WebSocket) -> None:
    name = await crew.redeem(socket.query_params.get("ticket", ""))
    if name is None:
        await socket.send_denial_response(PlainTextResponse("Ask the base for a ticket.", 401))
        return
    await socket.accept()
    if room not in crew.ROOMS:
        return await socket.close(4404, "no such room")
    if len({*people(room), name}) > crew.ROOMS[room]:
        return await socket.close(4409, "full")
    line = Line(name, socket)
    sender = asyncio.create_task(line.run())
    try:
        with present(room, line):
            while True:
                event = await socket.receive()
                if event["type"] == "websocket.disconnect":
                    break
                try:
                    text = SAID.validate_json(event.get("text") or b"").text
                except ValidationError as error:
                    line.put({"type": "error", "detail": str(error)})
                else:
                    for other in lines[room]:
                        other.put({"type": "message", "member": name, "text": text})
    finally:
        sender.cancel()
        while not line.queue.empty():
            line.queue.get_nowait()[1].cancel()


app = FastAPI()
app.include_router(router)
