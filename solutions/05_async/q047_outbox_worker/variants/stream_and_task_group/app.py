"""An outbox with AnyIO: a memory stream, a task group around the `yield`, and lifespan state."""

import math
from contextlib import asynccontextmanager

import anyio
from fastapi import APIRouter, FastAPI, Request
from gateway import Gateway
from pydantic import BaseModel

router = APIRouter()


class Message(BaseModel):
    to: str
    text: str


class View(BaseModel):
    waiting: list[int] = []
    sending: int | None = None
    sent: list[int] = []
    failed: list[int] = []


@router.post("/messages", status_code=202)
async def accept(message: Message, request: Request):
    view, stream = request.state.view, request.state.stream
    number = request.state.numbers[0] = request.state.numbers[0] + 1
    view.waiting.append(number)
    await stream.send({"id": number, **message.model_dump()})
    return {"id": number}


@router.get("/outbox")
async def outbox(request: Request) -> View:
    return request.state.view


async def work(gateway, stream, view, done):
    async with stream:
        async for message in stream:
            view.sending = message["id"]
            view.waiting.remove(message["id"])
            try:
                await gateway.deliver(message)
            except Exception:
                view.failed.append(message["id"])
            else:
                view.sent.append(message["id"])
            finally:
                view.sending = None
    done.set()


def create_app(gateway: Gateway, drain_seconds: float = 5.0) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app):
        send, receive = anyio.create_memory_object_stream(math.inf)
        view, done = View(), anyio.Event()
        async with anyio.create_task_group() as group, send:
            group.start_soon(work, gateway, receive, view, done)
            yield {"view": view, "stream": send, "numbers": [0]}
            send.close()
            with anyio.move_on_after(drain_seconds):
                await done.wait()
            group.cancel_scope.cancel()

    app = FastAPI(lifespan=lifespan)
    app.include_router(router)
    return app


app = create_app(Gateway())
