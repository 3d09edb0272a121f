"""A live auction with AnyIO: a memory stream for each watcher, cancel scopes, and rooms in the lifespan's state."""

from collections import defaultdict
from contextlib import asynccontextmanager
from typing import Annotated

import anyio
from fastapi import Body, Depends, FastAPI, HTTPException, WebSocket
from fastapi.requests import HTTPConnection
from pydantic import BaseModel, PositiveInt


class Bid(BaseModel):
    bidder: str
    price: PositiveInt


class House:
    def __init__(self):
        self.states = {}
        self.streams = defaultdict(dict)

    def state(self, lot):
        return self.states.get(lot) or {"lot": lot, "price": 0, "bidder": None}

    def shown(self, lot):
        return {**self.state(lot), "watchers": len(self.streams[lot])}


@asynccontextmanager
async def lifespan(app):
    yield {"house": House()}


app = FastAPI(lifespan=lifespan)


async def house_of(connection: HTTPConnection) -> House:
    return connection.state.house


TheHouse = Annotated[House, Depends(house_of)]


@app.get("/auctions/{lot}")
async def show(lot: str, house: TheHouse):
    return house.shown(lot)


@app.post("/auctions/{lot}/bids", status_code=201)
async def place(lot: str, bid: Annotated[Bid, Body()], house: TheHouse):
    if not bid.price > house.state(lot)["price"]:
        raise HTTPException(status_code=409, detail="bid too low")
    house.states[lot] = state = {"lot": lot, **bid.model_dump()}
    for stream, scope in dict(house.streams[lot]).items():
        try:
            stream.send_nowait(state)
        except anyio.WouldBlock:
            house.streams[lot].pop(stream)
            scope.cancel()
    return house.shown(lot)


@app.websocket("/auctions/{lot}/live")
async def live(websocket: WebSocket, lot: str, house: TheHouse):
    send, receive = anyio.create_memory_object_stream(11)
    ended = False

    async def write():
        nonlocal ended
        try:
            async for state in receive:
                await websocket.send_json(state)
        except Exception:
            ended = True
            group.cancel_scope.cancel()

    async def read():
        nonlocal ended
        async for _ in received():
            pass
        ended = True
        group.cancel_scope.cancel()

    async def received():
        while (message := await websocket.receive())["type"] == "websocket.receive":
            yield message

    with send, receive:
        async with anyio.create_task_group() as group:
            # In the room before it is accepted; what comes by then waits in the stream.
            send.send_nowait(house.state(lot))
            house.streams[lot][send] = group.cancel_scope
            try:
                await websocket.accept()
                group.start_soon(write)
                group.start_soon(read)
                await anyio.sleep_forever()
            finally:
                house.streams[lot].pop(send, None)
    if not ended:
        await websocket.close(1013)
