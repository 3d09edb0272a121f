"""Ferry fares, with an AnyIO task group and a response model that filters the given dataclass."""

from datetime import datetime
from decimal import Decimal

import anyio
from carriers import CARRIERS, Fare, ask
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Ferry Fares")


class Offer(BaseModel):
    carrier: str
    price: Decimal
    departs: datetime


class Fares(BaseModel):
    route: str
    fares: list[Offer]


@app.get("/fares/{route}", response_model=Fares)
async def fares(route: str):
    found: list[Fare] = []

    async def collect(carrier: str) -> None:
        found.append(await ask(carrier, route))

    async with anyio.create_task_group() as group:
        for carrier in CARRIERS:
            group.start_soon(collect, carrier)
    return {"route": route, "fares": sorted(found, key=lambda fare: fare.price)}
