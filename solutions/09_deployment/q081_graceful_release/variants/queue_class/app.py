"""The label service around a class of its own, which is one half of the lifespan."""

import asyncio
import os
import time
from collections import deque
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException, Request, Response
from printer import Printer, PrinterError


class Desk:
    """Keeps the labels and prints them one after the other."""

    def __init__(self, printer):
        self.printer = printer
        self.states = []
        self.texts = deque()
        self.is_busy = False
        self.news = asyncio.Event()

    def accept(self, text):
        self.states.append("queued")
        self.texts.append((len(self.states) - 1, text))
        self.news.set()
        return len(self.states) - 1

    async def run(self):
        while True:
            await self.news.wait()
            self.news.clear()
            while self.texts:
                self.is_busy = True
                place, text = self.texts.popleft()
                try:
                    await self.printer.print(text)
                    self.states[place] = "printed"
                except PrinterError:
                    self.states[place] = "failed"
                self.is_busy = False

    async def drain(self, seconds):
        end = time.monotonic() + seconds
        while (self.texts or self.is_busy) and time.monotonic() < end:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def lifespan(app):
    async with AsyncExitStack() as stack:
        printer = await Printer.connect(os.environ["PRINTER"])
        stack.push_async_callback(printer.close)
        app.desk = Desk(printer)
        worker = asyncio.ensure_future(app.desk.run())
        stack.callback(worker.cancel)
        yield
        await app.desk.drain(float(os.environ.get("DRAIN_SECONDS") or 10))


app = FastAPI(lifespan=lifespan)


def the_desk(request: Request):
    return request.app.desk


TheDesk = Annotated[Desk, Depends(the_desk)]
Text = Annotated[str, Body(embed=True)]


@app.post("/labels", status_code=202)
async def accept(text: Text, desk: TheDesk, request: Request, response: Response):
    place = desk.accept(text)
    response.headers["location"] = str(request.url_for("state_of", place=place))
    return {"id": place, "state": "queued"}


@app.get("/labels/{place}")
async def state_of(place: int, desk: TheDesk):
    if not 0 <= place < len(desk.states):
        raise HTTPException(404)
    return {"id": place, "state": desk.states[place]}


@app.post("/proofs")
async def proof(text: Text, desk: TheDesk):
    try:
        await desk.printer.print(text)
    except PrinterError:
        raise HTTPException(502, "no proof today") from None
    return {"state": "printed"}


@app.get("/livez")
async def livez():
    return {"status": "alive"}


@app.get("/readyz")
async def readyz(desk: TheDesk, response: Response):
    if desk.printer.connected:
        return {"status": "ready"}
    response.status_code = 503
    return {"status": "unavailable"}
