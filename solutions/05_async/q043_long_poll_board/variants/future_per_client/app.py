"""The pickup board, with a future for each client, kept in the state that the lifespan yields."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypedDict

from fastapi import FastAPI, HTTPException, Request, Response
from pydantic import BaseModel


class Ready(BaseModel):
    counter: int


class State(TypedDict):
    counters: dict[int, int]
    clients: dict[int, set[asyncio.Future[int]]]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[State]:
    yield {"counters": {}, "clients": {}}


app = FastAPI(lifespan=lifespan)


@app.put("/orders/{number}/ready")
async def ready(number: int, ready: Ready, request: Request) -> Response:
    request.state.counters[number] = ready.counter
    for client in request.state.clients.get(number, ()):
        if not client.done():
            client.set_result(ready.counter)
    return Response(status_code=204)


@app.get("/orders/{number}/pickup")
async def pickup(number: int, request: Request, wait: float = 25):
    if not 0 <= wait <= 60:
        raise HTTPException(422, "wait for 0 to 60 seconds")
    counter = request.state.counters.get(number)
    if counter is None:
        client = asyncio.get_running_loop().create_future()
        clients = request.state.clients.setdefault(number, set())
        clients.add(client)
        try:
            await asyncio.wait([client], timeout=wait)
            if not client.done():
                return Response(status_code=204)
            counter = client.result()
        finally:
            clients.discard(client)
            if not clients:
                request.state.clients.pop(number, None)
    return {"number": number, "counter": counter}


@app.get("/board")
async def board(request: Request):
    waiting = sum(len(clients) for clients in request.state.clients.values())
    return {"ready": sorted(request.state.counters), "waiting": waiting}
