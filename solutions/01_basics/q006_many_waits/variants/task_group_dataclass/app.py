"""Ferry fares, with a task group and dataclasses."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import attrgetter

import carriers
from fastapi import APIRouter, FastAPI

app = FastAPI(title="Ferry Fares")
router = APIRouter(prefix="/fares")


@dataclass
class Offer:
    carrier: str
    price: Decimal
    departs: datetime


@dataclass
class Fares:
    route: str
    fares: list[Offer]


@router.get("/{route}")
async def fares(route: str) -> Fares:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(carriers.ask(carrier, route)) for carrier in carriers.CARRIERS]
    found = sorted((task.result() for task in tasks), key=attrgetter("price"))
    return Fares(route, [Offer(fare.carrier, fare.price, fare.departs) for fare in found])


app.include_router(router)
