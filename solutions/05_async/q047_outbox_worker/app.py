"""An outbox whose worker lives as long as the app does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from gateway import Gateway
from pydantic import BaseModel


class Message(BaseModel):
    to: str
    text: str


class Outbox:
    """What was accepted, and what became of it. Made at startup, so that the queue belongs to the running loop."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.queue: asyncio.Queue[tuple[int, Message]] = asyncio.Queue()
        self.accepted = 0
        self.waiting: list[int] = []
        self.sending: int | None = None
        self.sent: list[int] = []
        self.failed: list[int] = []

    def accept(self, message: Message) -> int:
        self.accepted += 1
        self.waiting.append(self.accepted)
        self.queue.put_nowait((self.accepted, message))
        return self.accepted

    async def work(self) -> None:
        while True:
            number, message = await self.queue.get()
            self.sending = self.waiting.pop(0)
            try:
                await self.gateway.deliver({"id": number, **message.model_dump()})
            except Exception:  # noqa: BLE001 - no message may stop those behind it
                self.failed.append(number)
            else:
                self.sent.append(number)
            self.sending = None
            self.queue.task_done()


def create_app(gateway: Gateway, drain_seconds: float = 5.0) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.outbox = outbox = Outbox(gateway)
        worker = asyncio.create_task(outbox.work())
        yield
        # `join` also waits for the message that the worker has taken already.
        with suppress(TimeoutError):
            async with asyncio.timeout(drain_seconds):
                await outbox.queue.join()
        worker.cancel()
        # Only a task that was awaited has finished its clean-up.
        with suppress(asyncio.CancelledError):
            await worker

    app = FastAPI(lifespan=lifespan)

    async def outbox_of(request: Request) -> Outbox:
        return request.app.state.outbox

    TheOutbox = Annotated[Outbox, Depends(outbox_of)]  # noqa: N806

    @app.post("/messages", status_code=202)
    async def accept(message: Message, outbox: TheOutbox) -> dict[str, int]:
        return {"id": outbox.accept(message)}

    @app.get("/outbox")
    async def show(outbox: TheOutbox) -> dict[str, list[int] | int | None]:
        return {
            "waiting": outbox.waiting,
            "sending": outbox.sending,
            "sent": outbox.sent,
            "failed": outbox.failed,
        }

    return app


app = create_app(Gateway())
