"""An outbox whose worker is stopped by a marker behind the last message, with startup and shutdown handlers."""

import asyncio
from itertools import count

from fastapi import Body, FastAPI
from gateway import Gateway

STOP = object()


def create_app(gateway: Gateway, drain_seconds: float = 5.0) -> FastAPI:
    app = FastAPI()
    box = app.state

    async def start():
        box.numbers = count(1)
        box.queue = asyncio.Queue()
        box.state = {}
        box.worker = asyncio.create_task(work(), name="outbox")

    async def stop():
        box.queue.put_nowait(STOP)
        try:
            await asyncio.wait_for(box.worker, drain_seconds)
        except asyncio.TimeoutError:
            pass

    async def work():
        while (message := await box.queue.get()) is not STOP:
            number = message["id"]
            box.state[number] = "sending"
            try:
                await gateway.deliver(message)
                box.state[number] = "sent"
            except Exception:
                box.state[number] = "failed"

    app.router.add_event_handler("startup", start)
    app.router.add_event_handler("shutdown", stop)

    @app.post("/messages", status_code=202)
    async def accept(to: str = Body(), text: str = Body()):
        number = next(box.numbers)
        box.state[number] = "waiting"
        box.queue.put_nowait({"id": number, "to": to, "text": text})
        return {"id": number}

    @app.get("/outbox")
    async def outbox():
        shown = {state: [] for state in ("waiting", "sending", "sent", "failed")}
        for number, state in sorted(box.state.items()):
            shown[state].append(number)
        return {**shown, "sending": shown["sending"][0] if shown["sending"] else None}

    return app


app = create_app(Gateway())
