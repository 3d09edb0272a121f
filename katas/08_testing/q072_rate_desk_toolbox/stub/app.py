"""The exchange desk. Given, finished, not to be changed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx2
from fastapi import Depends, FastAPI, HTTPException, WebSocket
from pydantic import BaseModel
from starlette.requests import HTTPConnection


class Alert(BaseModel):
    text: str


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx2.AsyncClient(base_url="https://rates.example") as provider:
        app.state.provider = provider
        app.state.loop = asyncio.get_running_loop()
        app.state.listeners = []
        app.state.starts += 1
        app.state.open = True
        try:
            yield
        finally:
            app.state.open = False


app = FastAPI(lifespan=lifespan)
app.state.open = False
app.state.starts = 0
app.state.loop = None
app.state.listeners = []


def get_provider(connection: HTTPConnection) -> httpx2.AsyncClient:
    """The client for the rates provider, for HTTP and WebSocket endpoints."""
    return connection.app.state.provider


Provider = Annotated[httpx2.AsyncClient, Depends(get_provider)]


async def fetch_rate(provider: httpx2.AsyncClient, currency: str) -> float:
    try:
        response = await provider.get(f"/latest/{currency}")
    except httpx2.TransportError:
        raise HTTPException(502, "The rates provider cannot be reached") from None
    if response.status_code == 404:
        raise HTTPException(404, "The rates provider does not know this currency")
    response.raise_for_status()
    return response.json()["rate"]


@app.get("/rates/{currency}")
async def show_rate(currency: str, provider: Provider):
    return {"currency": currency, "rate": await fetch_rate(provider, currency)}


@app.websocket("/ticker")
async def ticker(websocket: WebSocket, provider: Provider):
    await websocket.accept()
    currency = await websocket.receive_text()
    await websocket.send_json({"currency": currency, "rate": await fetch_rate(provider, currency)})
    await websocket.close()


@app.get("/alerts/next")
async def next_alert():
    future = asyncio.get_running_loop().create_future()
    app.state.listeners.append(future)
    return {"text": await future}


@app.post("/alerts")
async def alert(alert: Alert):
    waiting = [future for future in app.state.listeners if not future.done()]
    app.state.listeners.clear()
    for future in waiting:
        future.set_result(alert.text)
    return {"told": len(waiting)}
