"""Another app that keeps every promise of README.md, and shares nothing else with the given one."""

from bisect import bisect_left
from typing import Literal

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel

LIMITS = [500, 2000]


class Offer(BaseModel):
    """What the customer is offered."""

    price_cents: int
    band: Literal["S", "M", "L"]


parcels = APIRouter()


@parcels.get("/quote")
async def make_offer(weight_g: int, express: bool = False, zone: Literal["abroad", "home"] = "home") -> Offer:
    """Offer a price for one parcel."""
    if weight_g not in range(1, 30_001):
        raise RequestValidationError([])
    size = bisect_left(LIMITS, weight_g)
    factor = {"home": 1, "abroad": 2}[zone]
    return Offer(band="SML"[size], price_cents=factor * (350, 590, 1290)[size] + 400 * express)


async def refuse(_: object, error: Exception) -> JSONResponse:
    """Answer 422 in a form of our own."""
    return JSONResponse({"refused": type(error).__name__}, 422)


app = FastAPI(title="Parcels", exception_handlers={RequestValidationError: refuse})
app.include_router(parcels)
