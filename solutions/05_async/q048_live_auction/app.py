"""A live auction: each watcher has a queue, a task that sends and a task that listens; a bid waits for none of them."""

import asyncio
from contextlib import suppress
from typing import Any

from fastapi import FastAPI, HTTPException, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, PositiveInt

app = FastAPI()

BEHIND = 20


class Bid(BaseModel):
    bidder: str
    price: PositiveInt


class Watcher:
    def __init__(self) -> None:
        self.queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(BEHIND)
        self.too_slow = asyncio.Event()


class Auction:
    def __init__(self, lot: str) -> None:
        self.state: dict[str, Any] = {"lot": lot, "price": 0, "bidder": None}
        self.watchers: set[Watcher] = set()

    def shown(self) -> dict[str, Any]:
        return {**self.state, "watchers": len(self.watchers)}

    def join(self) -> Watcher:
        # No `await` in here: no bid can fall between the state and the first message after it.
        watcher = Watcher()
        watcher.queue.put_nowait(self.state)
        self.watchers.add(watcher)
        return watcher

    def announce(self) -> None:
        for watcher in list(self.watchers):
            try:
                watcher.queue.put_nowait(self.state)
            except asyncio.QueueFull:
                self.watchers.discard(watcher)
                watcher.too_slow.set()


auctions: dict[str, Auction] = {}


def auction_of(lot: str) -> Auction:
    return auctions.setdefault(lot, Auction(lot))


@app.get("/auctions/{lot}")
async def show(lot: str) -> dict[str, Any]:
    return auction_of(lot).shown()


@app.post("/auctions/{lot}/bids", status_code=201)
async def bid(lot: str, bid: Bid) -> dict[str, Any]:
    auction = auction_of(lot)
    if bid.price <= auction.state["price"]:
        raise HTTPException(409, "bid too low")
    auction.state = {"lot": lot, "price": bid.price, "bidder": bid.bidder}
    auction.announce()
    return auction.shown()


async def send_all(socket: WebSocket, watcher: Watcher) -> None:
    while True:
        await socket.send_json(await watcher.queue.get())


async def listen(socket: WebSocket) -> None:
    """Ignore what the watcher says, and end when it leaves: only who receives learns of that."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


@app.websocket("/auctions/{lot}/live")
async def live(socket: WebSocket, lot: str) -> None:
    await socket.accept()
    auction = auction_of(lot)
    watcher = auction.join()
    tasks = [
        asyncio.create_task(send_all(socket, watcher)),
        asyncio.create_task(listen(socket)),
        asyncio.create_task(watcher.too_slow.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        auction.watchers.discard(watcher)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    if watcher.too_slow.is_set():
        # By now no send is under way any more, so that the close frame has the line for itself.
        with suppress(WebSocketDisconnect, RuntimeError):
            await socket.close(1013)
