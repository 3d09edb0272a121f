"""Old paths by a second, hidden inclusion and mount; the crash is counted by a handler; names are imported."""

from typing import Annotated

import studio
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from studio import Room, count, find


class Nosniff(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response


class Counting(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        response = await call_next(request)
        count(request.method, request.url.path, response.status_code)
        return response


app = FastAPI(middleware=[Middleware(Counting), Middleware(Nosniff)])


@app.exception_handler(Exception)
def crashed(request, error):
    count(request.method, request.url.path, 500)
    return PlainTextResponse("Sorry", 500)


class Take(BaseModel):
    title: str


def known_room(room_id: int) -> Room:
    room = find(room_id)
    if not room:
        raise HTTPException(404, "No such room")
    return room


def get_room(room: Annotated[Room, Depends(known_room)]) -> Room:
    if room.locked:
        raise HTTPException(423, "Room is locked")
    return room


def engineer(name: Annotated[str, Header(alias="x-engineer")]):
    if name not in studio.engineers:
        raise HTTPException(403, "Who are you?")
    return name


router = APIRouter()


@router.get("/rooms")
def rooms() -> list[str]:
    return sorted(r.name for r in studio.rooms.values())


@router.get("/rooms/{room_id}")
def room(room: Annotated[Room, Depends(get_room)]):
    return {"id": room.id, "name": room.name}


@router.post("/rooms/{room_id}/takes", status_code=201)
def add(take: Take, room: Annotated[Room, Depends(get_room)]):
    room.takes.append(take.title)
    return {"room": room.name, "takes": len(room.takes)}


@router.delete("/rooms/{room_id}/takes", status_code=204)
def empty(who: Annotated[str, Depends(engineer)], room: Annotated[Room, Depends(get_room)]):
    room.takes.clear()


for prefix in ("", "/studio.php"):
    app.include_router(router, prefix=prefix, include_in_schema=not prefix)
    app.mount(f"{prefix}/manual", studio.manual)
