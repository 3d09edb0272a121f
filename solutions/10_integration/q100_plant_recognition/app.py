import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from model import Model
from pydantic import BaseModel

AT_ONCE = 8
WAITING = 32


class Picture(BaseModel):
    image: str


class Recognition(BaseModel):
    name: str
    score: float


@dataclass
class Visitor:
    image: str
    answer: asyncio.Future = field(default_factory=asyncio.Future)


class Desk:
    """Where pictures wait for the model. One task takes them to it, as many at a time as it can look at."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.waiting: asyncio.Queue[Visitor] = asyncio.Queue(WAITING)
        self.is_free = asyncio.Lock()

    async def recognise(self, image: str) -> dict | None:
        visitor = Visitor(image)
        self.waiting.put_nowait(visitor)
        return await visitor.answer

    async def serve(self) -> None:
        while True:
            visitors = [await self.waiting.get()]
            async with self.is_free:
                while len(visitors) < AT_ONCE and not self.waiting.empty():
                    visitors.append(self.waiting.get_nowait())
                await self.look_at(visitors)

    async def look_at(self, visitors: list[Visitor]) -> None:
        try:
            answers = await asyncio.to_thread(self.model.predict, [visitor.image for visitor in visitors])
        except Exception as error:  # noqa: BLE001 - whatever the model raises is for those who asked
            for visitor in visitors:
                if not visitor.answer.done():
                    visitor.answer.set_exception(error)
            return
        for visitor, answer in zip(visitors, answers, strict=True):
            if not visitor.answer.done():
                visitor.answer.set_result(answer)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    model = await asyncio.to_thread(Model)
    app.state.desk = Desk(model)
    serving = asyncio.create_task(app.state.desk.serve())
    yield
    # A thread cannot be cancelled. The running prediction is waited for, and no other begins.
    async with app.state.desk.is_free:
        serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving
    model.close()


app = FastAPI(lifespan=lifespan)


def the_desk(request: Request) -> Desk:
    return request.app.state.desk


TheDesk = Annotated[Desk, Depends(the_desk)]


@app.get("/livez")
async def alive() -> dict[str, str]:
    return {"status": "alive"}


@app.post("/recognitions")
async def recognise(picture: Picture, desk: TheDesk) -> Recognition:
    try:
        answer = await desk.recognise(picture.image)
    except asyncio.QueueFull:
        raise HTTPException(503, "Too many are waiting", headers={"Retry-After": "2"}) from None
    except Exception:  # noqa: BLE001 - its text is nobody's business
        raise HTTPException(503, "The model has failed") from None
    if answer is None:
        raise HTTPException(422, "This is no picture")
    return answer


# The stream's status is sent with its first byte. A dependency runs before that.
def known_plant(name: str, desk: TheDesk) -> str:
    if not desk.model.knows(name):
        raise HTTPException(404, "No such plant")
    return name


@app.get("/plants/{name}/description", response_class=EventSourceResponse)
async def describe(
    name: Annotated[str, Depends(known_plant)], desk: TheDesk, last_event_id: Annotated[int, Header()] = 0
) -> AsyncIterable[ServerSentEvent]:
    number = 0
    async with aclosing(desk.model.describe(name)) as words:
        async for word in words:
            number += 1
            if number > last_event_id:
                yield ServerSentEvent(data={"word": word}, id=str(number))
    yield ServerSentEvent(event="done", data={"words": number})
