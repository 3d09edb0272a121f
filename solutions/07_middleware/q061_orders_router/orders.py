"""Everything about orders, in a router that any app can include."""

import bakery
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field


class NewOrder(BaseModel):
    product: str
    pieces: int = Field(ge=1)


class Order(NewOrder):
    number: int


def open_only() -> None:
    if not bakery.open_today:
        raise HTTPException(503, "The bakery is closed today")


# Prefix, tag, guard and its answer belong to the orders, so they travel with the router.
router = APIRouter(
    prefix="/orders",
    tags=["orders"],
    dependencies=[Depends(open_only)],
    responses={503: {"description": "The bakery is closed today"}},
)


# Empty, not "/": the list is at /orders itself.
@router.get("")
def list_orders() -> list[Order]:
    return [bakery.orders[number] for number in sorted(bakery.orders)]


@router.post("", status_code=201)
def take_order(order: NewOrder) -> Order:
    return bakery.take(order.product, order.pieces)


# Before /{number}: the first route that fits is taken.
@router.get("/count")
def count_orders() -> dict[str, int]:
    return {"orders": len(bakery.orders)}


@router.get("/{number}")
def read_order(number: int) -> Order:
    if number not in bakery.orders:
        raise HTTPException(404, "No such order")
    return bakery.orders[number]
