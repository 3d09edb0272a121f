import asyncio
import contextlib
import itertools
import os
from collections import deque
from typing import Annotated

import printer as device
from fastapi import APIRouter, Body, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse


class Shop:
    def __init__(self, line):
        self.line, self.waiting, self.bell = line, deque(), asyncio.Event()
        self.states, self.number, self.closing = {}, itertools.count(31), False

    def take(self, text):
        n = next(self.number)
        self.states[n] = "queued"
        self.waiting.append((n, text))
        self.bell.set()
        return n

    async def run(self):
        while True:
            while self.waiting:
                n, text = self.waiting.popleft()
                try:
                    await self.line.print(text)
                except device.PrinterError:
                    self.states[n] = "failed"
                else:
                    self.states[n] = "printed"
            if self.closing:
                return
            self.bell.clear()
            await self.bell.wait()


@contextlib.asynccontextmanager
async def lifespan(app):
    line = await device.Printer.connect(os.environ["PRINTER"])
    shop = Shop(line)
    task = asyncio.create_task(shop.run())
    yield {"shop": shop}
    shop.closing = True
    shop.bell.set()
    await asyncio.wait([task], timeout=float(os.environ.get("DRAIN_SECONDS", 10)))
    task.cancel()
    await asyncio.wait([task])
    await line.close()


router = APIRouter()


@router.post("/labels")
async def add(request: Request, text: Annotated[str, Body(embed=True)]):
    n = request.state.shop.take(text)
    return JSONResponse({"id": n, "state": "queued"}, 202, {"Location": f"{request.base_url}labels/{n}"})


@router.get("/labels/{n}")
async def show(request: Request, n: int):
    if (state := request.state.shop.states.get(n)) is None:
        raise HTTPException(404)
    return {"id": n, "state": state}


@router.post("/proofs")
async def proofs(request: Request, text: Annotated[str, Body(embed=True)]):
    try:
        await request.state.shop.line.print(text)
    except device.PrinterError:
        return JSONResponse({"detail": "no"}, 502)
    return {"state": "printed"}


@router.get("/livez")
async def livez():
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(request: Request):
    ok = request.state.shop.line.connected
    return JSONResponse({"status": "ready" if ok else "unavailable"}, 200 if ok else 503)


app = FastAPI(lifespan=lifespan)
app.include_router(router)
