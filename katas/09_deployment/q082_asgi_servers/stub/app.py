"""A small app that can tell how it is being served. Given: do not change."""

import os
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, WebSocket


@asynccontextmanager
async def lifespan(app: FastAPI):
    folder = Path(os.environ.get("BOOT_DIR", "."))
    (folder / f"{os.getpid()}.up").touch()
    yield
    (folder / f"{os.getpid()}.down").touch()


app = FastAPI(lifespan=lifespan)


@app.get("/probe")
async def probe(request: Request):
    return {"pid": os.getpid(), "http_version": request.scope["http_version"]}


@app.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)
