"""The pickup board: whoever waits is a coroutine that waits for the signal of its order."""

import asyncio
from collections import defaultdict
from typing import Annotated, Any

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel

app = FastAPI()

counters: dict[int, int] = {}
signals: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
waiting: list[int] = []


class Ready(BaseModel):
    counter: int


@app.put("/orders/{number}/ready", status_code=204)
async def order_is_ready(number: int, ready: Ready) -> None:
    counters[number] = ready.counter
    signals[number].set()


@app.get("/orders/{number}/pickup")
async def wait_for_order(number: int, wait: Annotated[float, Query(ge=0, le=60)] = 25) -> Any:
    if number not in counters:
        waiting.append(number)
        try:
            async with asyncio.timeout(wait):
                await signals[number].wait()
        except TimeoutError:
            return Response(status_code=204)
        finally:
            waiting.remove(number)
    return {"number": number, "counter": counters[number]}


@app.get("/board")
async def board() -> dict[str, Any]:
    return {"waiting": len(waiting), "ready": sorted(counters)}
