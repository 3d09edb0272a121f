"""Orders with a guard that is an object, plain dicts and responses with a model."""

from typing import Annotated, Any

import bakery as shop
from fastapi import APIRouter, Body, Depends, HTTPException
from fastapi.routing import APIRoute
from pydantic import BaseModel, PositiveInt


class Refusal(BaseModel):
    detail: str


Order = dict[str, Any]


class Guard:
    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> bool:
        if shop.open_today is False:
            raise HTTPException(503, self.reason)
        return True


class New(BaseModel):
    product: str
    pieces: PositiveInt


closed = {"model": Refusal, "description": "Closed"}
router = APIRouter(
    responses={"503": closed},
    dependencies=[Depends(Guard("The bakery is closed today"))],
    tags=["orders"],
    prefix="/orders",
    route_class=APIRoute,
)


@router.get("/count")
def count() -> dict[str, int]:
    return dict(orders=len(shop.orders))


@router.get("/{number}", responses={404: {"model": Refusal}})
def one(number: int) -> Order:
    if (order := shop.orders.get(number)) is not None:
        return order
    raise HTTPException(404, "No such order")


@router.get("")
def every() -> list[Order]:
    return sorted(shop.orders.values(), key=lambda order: order["number"])


@router.post("", status_code=201, tags=["orders"])
def new(order: Annotated[New, Body()]) -> Order:
    return shop.take(**order.model_dump())
