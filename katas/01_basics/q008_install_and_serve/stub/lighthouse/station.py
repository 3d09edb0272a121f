"""The lighthouse's status app. It is finished: leave it as it is."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def watch(app: FastAPI) -> AsyncIterator[None]:
    app.state.lamp = "lit"
    print("lamp lit", flush=True)
    yield
    app.state.lamp = "out"
    print("lamp out", flush=True)


keeper = FastAPI(title="Lighthouse", lifespan=watch)


@keeper.get("/status")
def status() -> dict[str, str | int]:
    return {"lamp": keeper.state.lamp, "pid": os.getpid()}
