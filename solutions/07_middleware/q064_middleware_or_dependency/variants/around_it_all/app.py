"""An app whose own `__call__` stands around everything; the old prefix is a root path."""

import studio
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel


class StudioApp(FastAPI):
    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await super().__call__(scope, receive, send)
        method, path = scope["method"], scope["path"]

        async def watching(message):
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), (b"x-content-type-options", b"nosniff")]
                message = {**message, "headers": headers}
                studio.count(method, path, message["status"])
            await send(message)

        if path.startswith("/studio.php/"):
            scope = {**scope, "root_path": scope.get("root_path", "") + "/studio.php"}
        await super().__call__(scope, receive, watching)


app = StudioApp()


async def get_room(room_id: int):
    room = studio.find(room_id)
    if room is None:
        raise HTTPException(404, "No such room")
    if room.locked:
        raise HTTPException(423, "Room is locked")
    return room


class Engineer:
    def __init__(self, x_engineer: str = Header()):
        if x_engineer not in studio.engineers:
            raise HTTPException(403, "Engineers only")


class Take(BaseModel):
    title: str


@app.get("/rooms")
async def rooms():
    return sorted(room.name for room in studio.rooms.values())


@app.get("/rooms/{room_id}")
async def show(room=Depends(get_room)):
    return {"id": room.id, "name": room.name}


@app.post("/rooms/{room_id}/takes", status_code=201)
async def record(take: Take, room=Depends(get_room)):
    room.takes.append(take.title)
    return {"room": room.name, "takes": len(room.takes)}


@app.delete("/rooms/{room_id}/takes", status_code=204)
async def empty(engineer=Depends(Engineer), room=Depends(get_room)):
    room.takes.clear()


app.mount("/manual", studio.manual)
