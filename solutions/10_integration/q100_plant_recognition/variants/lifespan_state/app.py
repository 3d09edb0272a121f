import asyncio
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

import anyio
from fastapi import Depends, FastAPI, Header, HTTPException, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent
from model import Model
from pydantic import BaseModel


class State(TypedDict):
    model: Model
    room: "Room"


class Room:
    def __init__(self, model):
        self.model = model
        self.line = []
        self.news = asyncio.Event()
        self.closing = False

    async def work(self):
        while True:
            await self.news.wait()
            while self.line and not self.closing:
                now, self.line = self.line[:8], self.line[8:]
                try:
                    found = await run_in_threadpool(self.model.predict, [image for image, _ in now])
                except Exception:
                    found = [RuntimeError] * len(now)
                for (_, future), answer in zip(now, found):
                    if not future.cancelled():
                        future.set_result(answer)
            if self.closing:
                return
            self.news.clear()


@asynccontextmanager
async def lifespan(app: FastAPI):
    model = await run_in_threadpool(Model)
    room = Room(model)
    async with anyio.create_task_group() as group:
        group.start_soon(room.work)
        yield {"model": model, "room": room}
        room.closing = True
        room.news.set()
    model.close()


app = FastAPI(lifespan=lifespan)


class Picture(BaseModel):
    image: str


class Plant(BaseModel):
    name: str
    score: float


@app.get("/livez")
async def livez():
    return {"status": "alive"}


@app.post("/recognitions", response_model=Plant)
async def recognitions(request: Request, picture: Picture):
    room: Room = request.state.room
    if len(room.line) == 32:
        raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
    future = asyncio.get_running_loop().create_future()
    room.line.append((picture.image, future))
    room.news.set()
    plant = await future
    if plant is RuntimeError:
        raise HTTPException(503)
    if plant is None:
        raise HTTPException(422, "?")
    return plant


def known(request: Request, name: str) -> Model:
    if not request.state.model.knows(name):
        raise HTTPException(404)
    return request.state.model


@app.get("/plants/{name}/description", response_class=EventSourceResponse)
async def describe(name: str, model: Annotated[Model, Depends(known)], last_event_id: Annotated[str, Header()] = "0"):
    count = 0
    async for word in model.describe(name):
        count += 1
        if count > int(last_event_id):
            yield ServerSentEvent(data={"word": word}, id=str(count))
    yield ServerSentEvent(data={"words": count}, event="done", id=str(count))
