"""An outbox with a list and a condition, and a task for each delivery, one after the other."""

import asyncio
import contextlib

from fastapi import FastAPI
from gateway import Gateway
from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    model_config = ConfigDict(frozen=True)
    to: str
    text: str


def create_app(gateway: Gateway, drain_seconds: float = 5.0) -> FastAPI:
    messages = None
    delivered = 0
    failed = set()
    changed = None
    delivery = None

    async def work():
        nonlocal delivered, delivery
        while True:
            async with changed:
                await changed.wait_for(lambda: delivered < len(messages))
            number, message = delivered + 1, messages[delivered]
            delivery = asyncio.ensure_future(gateway.deliver(dict(message, id=number)))
            try:
                await asyncio.wait([delivery])
            except asyncio.CancelledError:
                delivery.cancel()
                await asyncio.wait([delivery])
                raise
            if delivery.exception() is not None:
                failed.add(number)
            delivery = None
            async with changed:
                delivered += 1
                changed.notify_all()

    @contextlib.asynccontextmanager
    async def lifespan(app):
        nonlocal messages, delivered, changed, delivery
        messages, delivered, changed, delivery = [], 0, asyncio.Condition(), None
        failed.clear()
        worker = asyncio.get_running_loop().create_task(work())
        try:
            yield
        finally:

            async def drained():
                async with changed:
                    await changed.wait_for(lambda: delivered == len(messages))

            waiter = asyncio.ensure_future(drained())
            await asyncio.wait([waiter], timeout=drain_seconds)
            for task in (waiter, worker):
                task.cancel()
            await asyncio.gather(waiter, worker, return_exceptions=True)

    app = FastAPI(lifespan=lifespan)

    @app.post("/messages", status_code=202)
    async def accept(message: Message):
        async with changed:
            messages.append(message.model_dump())
            changed.notify_all()
            return {"id": len(messages)}

    @app.get("/outbox")
    async def outbox():
        done = range(1, delivered + 1)
        busy = delivery is not None
        return {
            "waiting": list(range(delivered + 1 + busy, len(messages) + 1)),
            "sending": delivered + 1 if busy else None,
            "sent": [number for number in done if number not in failed],
            "failed": [number for number in done if number in failed],
        }

    return app


app = create_app(Gateway())
