"""The pickup board, with clients that look again and again, until a time of the monotonic clock."""

import asyncio
from time import monotonic
from typing import Annotated

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel

app = FastAPI()
app.state.ready = {}
app.state.waiting = set()


class Ready(BaseModel):
    counter: int


@app.put("/orders/{number}/ready", status_code=204)
def ready(number: int, ready: Ready):
    app.state.ready[number] = ready.counter


@app.get("/orders/{number}/pickup")
async def pickup(number: int, wait: Annotated[float, Query(ge=0, le=60)] = 25):
    until, me = monotonic() + wait, object()
    app.state.waiting.add(me)
    try:
        while number not in app.state.ready:
            if monotonic() >= until:
                return Response(status_code=204)
            await asyncio.sleep(0.1)
        return {"number": number, "counter": app.state.ready[number]}
    finally:
        app.state.waiting.discard(me)


@app.get("/board")
def board():
    return {"waiting": len(app.state.waiting), "ready": sorted(app.state.ready)}
