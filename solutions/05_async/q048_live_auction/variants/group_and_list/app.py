"""A live auction with a task group, a list and an event for each watcher, and `app.state`."""

import asyncio
import contextlib

from fastapi import APIRouter, FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse
from pydantic import BaseModel, PositiveInt

router = APIRouter(prefix="/auctions/{lot}")


class Bid(BaseModel):
    bidder: str
    price: PositiveInt


class State(BaseModel):
    lot: str
    price: int = 0
    bidder: str | None = None


class Shown(State):
    watchers: int


class TooSlow(Exception):
    pass


class Left(Exception):
    pass


class Mailbox:
    def __init__(self, first):
        self.messages = [first]
        self.something = asyncio.Event()
        self.something.set()

    def put(self, message):
        self.messages.append(message)
        self.something.set()

    async def first(self):
        while not self.messages:
            self.something.clear()
            await self.something.wait()
        return self.messages[0]


class Room:
    def __init__(self, lot):
        self.state = State(lot=lot)
        self.boxes = {}

    def shown(self):
        return Shown(**self.state.model_dump(), watchers=len(self.boxes))


def room(app, lot):
    if lot not in app.state.rooms:
        app.state.rooms[lot] = Room(lot)
    return app.state.rooms[lot]


@router.get("")
async def show(request: Request, lot: str) -> Shown:
    return room(request.app, lot).shown()


@router.post("/bids", status_code=201, response_model=Shown)
async def bid(request: Request, lot: str, bid: Bid):
    here = room(request.app, lot)
    if bid.price <= here.state.price:
        return JSONResponse({"detail": "bid too low"}, 409)
    here.state = State(lot=lot, **bid.model_dump())
    for box, slow in list(here.boxes.items()):
        box.put(here.state)
        if len(box.messages) > 30:
            del here.boxes[box]
            slow.set()
    return here.shown()


@router.websocket("/live")
async def live(websocket: WebSocket, lot: str):
    await websocket.accept()
    here, slow = room(websocket.app, lot), asyncio.Event()
    box = Mailbox(here.state)
    here.boxes[box] = slow

    async def write():
        while True:
            state = await box.first()
            await websocket.send_text(state.model_dump_json())
            # Only now: what is on its way counts as being behind.
            del box.messages[0]

    async def read():
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                raise Left

    async def watch_over():
        await slow.wait()
        raise TooSlow

    too_slow = False
    try:
        async with asyncio.TaskGroup() as group:
            for part in (write, read, watch_over):
                group.create_task(part())
    except* TooSlow:
        too_slow = True
    except* (Left, WebSocketDisconnect):
        pass
    finally:
        here.boxes.pop(box, None)
    if too_slow:
        with contextlib.suppress(Exception):
            await websocket.close(code=1013, reason="too slow")


app = FastAPI()
app.state.rooms = {}
app.include_router(router)
