"""Fares of ferry operators, with tasks that are waited for and cancelled, and a client that is a dependency."""

import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException, Query, Request


class Unusable(Exception):
    pass


def client(request: Request) -> httpx.AsyncClient:
    return request.state.http


async def price_of(client: httpx.AsyncClient, base: str, origin: str, destination: str) -> float:
    address = httpx.URL(f"{base}/fare", params={"origin": origin, "destination": destination})
    async with client.stream("GET", address) as response:
        if response.status_code != 200:
            raise Unusable
        await response.aread()
    match response.json():
        case {"price": bool()}:
            raise Unusable
        case {"price": int() | float() as price}:
            return price
    raise Unusable


def create_app(operators: dict[str, str], timeout: float = 2.0) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI):
        async with httpx.AsyncClient(timeout=None) as http:
            yield {"http": http}

    app = FastAPI(lifespan=lifespan)

    @app.get("/fares")
    async def fares(
        origin: Annotated[str, Query(min_length=1)],
        destination: Annotated[str, Query(min_length=1)],
        client: Annotated[httpx.AsyncClient, Depends(client)],
    ):
        tasks = {
            name: asyncio.create_task(price_of(client, base, origin, destination)) for name, base in operators.items()
        }
        if tasks:
            _, pending = await asyncio.wait(tasks.values(), timeout=timeout)
            for task in pending:
                task.cancel()
        results = dict(zip(tasks, await asyncio.gather(*tasks.values(), return_exceptions=True), strict=True))
        good = {name: price for name, price in results.items() if not isinstance(price, BaseException)}
        if not good:
            raise HTTPException(502, "no operator answered")
        return {
            "fares": [{"operator": name, "price": good[name]} for name in sorted(sorted(good), key=good.get)],
            "unavailable": sorted(results.keys() - good.keys()),
        }

    return app


app = create_app({})
