"""Ferry fares, with typed dicts, taken as they come in and sorted after the conversion."""

import asyncio
from datetime import datetime
from decimal import Decimal

from carriers import CARRIERS, ask
from fastapi import FastAPI
from typing_extensions import TypedDict

app = FastAPI(title="Ferry Fares")


class Offer(TypedDict):
    carrier: str
    price: Decimal
    departs: datetime


class Fares(TypedDict):
    route: str
    fares: list[Offer]


async def fares(route: str) -> Fares:
    offers: list[Offer] = []
    for answer in asyncio.as_completed([ask(carrier, route) for carrier in CARRIERS]):
        fare = await answer
        offers.append({"carrier": fare.carrier, "price": fare.price, "departs": fare.departs})
    return {"route": route, "fares": sorted(offers, key=lambda offer: offer["price"])}


app.add_api_route("/fares/{route}", fares)
