"""Ferry fares: every carrier is asked at once, and the answer is written from its type."""

import asyncio
from datetime import datetime
from decimal import Decimal

from carriers import CARRIERS, ask
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI(title="Ferry Fares")


class Offer(BaseModel):
    """A fare as travellers see it; what is not declared here, such as the commission, is left out."""

    carrier: str
    price: Decimal
    departs: datetime


class Fares(BaseModel):
    route: str
    fares: list[Offer]


@app.get("/fares/{route}")
async def fares(route: str) -> Fares:
    # gather starts every call before it waits for any of them.
    found = await asyncio.gather(*(ask(carrier, route) for carrier in CARRIERS))
    found.sort(key=lambda fare: fare.price)
    return Fares(route=route, fares=[Offer(**vars(fare)) for fare in found])
