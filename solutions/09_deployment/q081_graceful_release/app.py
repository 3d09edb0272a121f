"""The label service: answers first, prints later, and goes only when the queue is empty."""

import asyncio
import os
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from fastapi import FastAPI, HTTPException, Path, Request, Response
from printer import Printer, PrinterError
from pydantic import BaseModel

State = Literal["queued", "printed", "failed"]


class Text(BaseModel):
    text: str


class Label(BaseModel):
    id: int
    state: State


async def print_labels(app: FastAPI) -> None:
    while True:
        number, text = await app.state.queue.get()
        try:
            await app.state.printer.print(text)
            app.state.labels[number] = "printed"
        except PrinterError:
            app.state.labels[number] = "failed"
        finally:
            app.state.queue.task_done()


@asynccontextmanager
async def lifespan(app: FastAPI):
    app.state.printer = await Printer.connect(os.environ["PRINTER"])
    app.state.queue = asyncio.Queue()
    app.state.labels = {}
    worker = asyncio.create_task(print_labels(app))
    yield
    try:
        await asyncio.wait_for(app.state.queue.join(), float(os.environ.get("DRAIN_SECONDS", "10")))
    except TimeoutError:
        pass
    finally:
        worker.cancel()
        await app.state.printer.close()


app = FastAPI(lifespan=lifespan)


@app.post("/labels", status_code=202)
async def accept_label(body: Text, request: Request, response: Response) -> Label:
    labels = request.app.state.labels
    number = len(labels) + 1
    labels[number] = "queued"
    request.app.state.queue.put_nowait((number, body.text))
    response.headers["Location"] = str(request.url_for("read_label", id=number))
    return Label(id=number, state="queued")


@app.get("/labels/{id}")
async def read_label(number: Annotated[int, Path(alias="id")], request: Request) -> Label:
    state = request.app.state.labels.get(number)
    if state is None:
        raise HTTPException(404, "no such label")
    return Label(id=number, state=state)


@app.post("/proofs")
async def print_proof(body: Text, request: Request) -> dict[str, str]:
    try:
        await request.app.state.printer.print(body.text)
    except PrinterError as error:
        raise HTTPException(502, str(error)) from error
    return {"state": "printed"}


@app.get("/livez")
async def is_alive() -> dict[str, str]:
    return {"status": "alive"}


@app.get("/readyz")
async def is_ready(request: Request, response: Response) -> dict[str, str]:
    if request.app.state.printer.connected:
        return {"status": "ready"}
    response.status_code = 503
    return {"status": "unavailable"}
