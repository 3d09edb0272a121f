"""Fares of ferry operators: one client for the life of the app, a task and a time limit for each operator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import httpx
from fastapi import FastAPI, HTTPException, Query, Request

Place = Annotated[str, Query(min_length=1)]


def create_app(operators: dict[str, str], timeout: float = 2.0) -> FastAPI:
    """Make the app that compares the fares of these operators: names, and where their APIs are."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, httpx.AsyncClient]]:
        # httpx limits each read, not the whole answer. The limit is kept below, so its own are off.
        async with httpx.AsyncClient(timeout=httpx.Timeout(None)) as client:
            yield {"client": client}

    app = FastAPI(lifespan=lifespan)

    async def price_of(client: httpx.AsyncClient, base: str, places: dict[str, str]) -> float | None:
        try:
            async with asyncio.timeout(timeout):
                response = await client.get(f"{base}/fare", params=places)
            answer = response.json()
        except (TimeoutError, httpx.HTTPError, ValueError):
            return None
        if response.status_code != 200 or not isinstance(answer, dict):
            return None
        price = answer.get("price")
        # For Python, True and False are numbers.
        return price if isinstance(price, int | float) and not isinstance(price, bool) else None

    @app.get("/fares")
    async def fares(origin: Place, destination: Place, request: Request):
        places = {"origin": origin, "destination": destination}
        client = request.state.client
        prices = await asyncio.gather(*(price_of(client, base, places) for base in operators.values()))
        found = dict(zip(operators, prices, strict=True))
        known = sorted((price, name) for name, price in found.items() if price is not None)
        if not known:
            raise HTTPException(502, "no operator answered")
        return {
            "fares": [{"operator": name, "price": price} for price, name in known],
            "unavailable": sorted(name for name, price in found.items() if price is None),
        }

    return app


app = create_app({})
