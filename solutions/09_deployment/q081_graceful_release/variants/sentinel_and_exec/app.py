"""The label service with lifespan state, a sentinel at the end of the queue, and links from the base URL."""

import asyncio
import itertools
import os
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from printer import Printer, PrinterError
from pydantic import BaseModel

ADDRESS = os.environ["PRINTER"]
DRAIN_SECONDS = float(os.getenv("DRAIN_SECONDS", 10))
END = None


class Text(BaseModel):
    text: str


async def work(printer, queue, states):
    while (label := await queue.get()) is not END:
        number, text = label
        try:
            await printer.print(text)
        except PrinterError:
            states[number] = "failed"
        else:
            states[number] = "printed"


@asynccontextmanager
async def lifespan(_):
    printer = await Printer.connect(ADDRESS)
    try:
        queue, states = asyncio.Queue(), {}
        worker = asyncio.create_task(work(printer, queue, states))
        yield {"printer": printer, "queue": queue, "states": states, "numbers": itertools.count(1000)}
        queue.put_nowait(END)
        _, late = await asyncio.wait({worker}, timeout=DRAIN_SECONDS)
        for task in late:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    finally:
        await printer.close()


app = FastAPI(lifespan=lifespan)


@app.post("/labels")
async def accept(body: Text, request: Request):
    number = next(request.state.numbers)
    request.state.states[number] = "queued"
    await request.state.queue.put((number, body.text))
    return JSONResponse(
        {"id": number, "state": "queued"}, status_code=202, headers={"Location": f"{request.base_url}labels/{number}"}
    )


@app.get("/labels/{number}")
async def look(number: int, request: Request):
    if number not in request.state.states:
        return JSONResponse({"detail": "unknown"}, status_code=404)
    return {"id": number, "state": request.state.states[number]}


@app.post("/proofs")
async def proof(body: Text, request: Request):
    try:
        await request.state.printer.print(body.text)
    except PrinterError:
        return JSONResponse({"detail": "The printer did not print it."}, status_code=502)
    return {"state": "printed"}


@app.get("/livez")
def alive():
    return {"status": "alive"}


@app.get("/readyz")
def ready(request: Request):
    connected = request.state.printer.connected
    return JSONResponse({"status": "ready" if connected else "unavailable"}, status_code=200 if connected else 503)
