"""The stadium's turnstile API. It is finished: leave it as it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, WebSocket


@asynccontextmanager
async def power(app: FastAPI) -> AsyncIterator[None]:
    """Switch the power on when the server starts, and off when the server stops."""
    app.state.power = "on"
    yield
    app.state.power = "off"


site = FastAPI(title="Turnstiles", lifespan=power)


@site.get("/gates/{gate}")
def read_gate(gate: str) -> dict[str, str]:
    return {"gate": gate, "power": site.state.power}


@site.websocket("/live")
async def live(socket: WebSocket) -> None:
    await socket.accept()
    x = await socket.receive_text()
    await socket.send_json({"hello": x})
    await socket.close()
