"""Fares of ferry operators, with a task group of AnyIO, `move_on_after`, and a client that the factory's functions share."""

import math
from contextlib import asynccontextmanager
from typing import Annotated

import anyio
import httpx
from annotated_types import MinLen
from fastapi import FastAPI
from fastapi.responses import JSONResponse


def create_app(operators: dict[str, str], timeout: float = 2.0) -> FastAPI:
    client = httpx.AsyncClient(timeout=httpx.Timeout(timeout * 2))

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with client:
            yield

    app = FastAPI(lifespan=lifespan)

    async def ask(name: str, params: dict, prices: dict) -> None:
        with anyio.move_on_after(timeout):
            try:
                response = await client.get(operators[name] + "/fare", params=params)
                price = response.json()["price"]
            except Exception:
                return
            if response.status_code == 200 and type(price) in (int, float):
                prices[name] = price

    @app.get("/fares")
    async def fares(origin: Annotated[str, MinLen(1)], destination: Annotated[str, MinLen(1)]):
        prices: dict[str, float] = {}
        async with anyio.create_task_group() as group:
            for name in operators:
                group.start_soon(ask, name, {"origin": origin, "destination": destination}, prices)
        if not prices:
            return JSONResponse({"detail": "no operator answered"}, 502)
        order = sorted(operators, key=lambda name: (prices.get(name, math.inf), name))
        return {
            "fares": [{"operator": name, "price": prices[name]} for name in order if name in prices],
            "unavailable": [name for name in order if name not in prices],
        }

    return app


app = create_app({})
