"""A live auction where all watchers of a lot read one history, each at its own place in it, woken by a condition."""

import asyncio

from fastapi import FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, PositiveInt
from starlette.websockets import WebSocketState

app = FastAPI()
lots = {}


class Bid(BaseModel):
    bidder: str
    price: PositiveInt


class Lot:
    def __init__(self, name):
        self.history = [{"lot": name, "price": 0, "bidder": None}]
        self.places = {}
        self.changed = asyncio.Condition()

    @classmethod
    def named(cls, name):
        if name not in lots:
            lots[name] = cls(name)
        return lots[name]

    @property
    def latest(self):
        return self.history[-1]

    @property
    def shown(self):
        return {**self.latest, "watchers": len(self.places)}


@app.get("/auctions/{name}")
async def show(name: str):
    return Lot.named(name).shown


@app.post("/auctions/{name}/bids", status_code=201)
async def bid(name: str, bid: Bid):
    lot = Lot.named(name)
    if lot.latest["price"] >= bid.price:
        raise HTTPException(409, detail="bid too low")
    lot.history.append({"lot": name, "price": bid.price, "bidder": bid.bidder})
    for watcher, place in list(lot.places.items()):
        if len(lot.history) - place > 15:
            del lot.places[watcher]
    async with lot.changed:
        lot.changed.notify_all()
    return lot.shown


@app.websocket("/auctions/{name}/live")
async def live(websocket: WebSocket, name: str):
    await websocket.accept()
    lot, me = Lot.named(name), object()
    lot.places[me] = len(lot.history) - 1

    async def write():
        while me in lot.places:
            place = lot.places[me]
            async with lot.changed:
                await lot.changed.wait_for(lambda: place < len(lot.history))
            await websocket.send_json(lot.history[place])
            if me in lot.places:
                lot.places[me] = place + 1

    async def dropped():
        async with lot.changed:
            await lot.changed.wait_for(lambda: me not in lot.places)

    async def read():
        while True:
            try:
                await websocket.receive_text()
            except KeyError:
                # Those were bytes.
                continue

    parts = [asyncio.ensure_future(part()) for part in (write, read, dropped)]
    try:
        done, _ = await asyncio.wait(parts, return_when="FIRST_COMPLETED")
        slow = me not in lot.places
    finally:
        lot.places.pop(me, None)
        for part in parts:
            part.cancel()
        results = await asyncio.gather(*parts, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
            raise result
    if slow and websocket.client_state is WebSocketState.CONNECTED:
        await websocket.close(1013)
