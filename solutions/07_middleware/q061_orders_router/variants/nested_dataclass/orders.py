"""Orders, in a router made of smaller ones, with dataclasses and a path convertor."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import bakery
from fastapi import APIRouter, Depends, HTTPException
from pydantic import Field


@dataclass
class NewOrder:
    product: str
    pieces: Annotated[int, Field(gt=0)]


async def doors() -> Iterator[None]:
    if bakery.open_today:
        yield
    else:
        raise HTTPException(status_code=503, detail="The bakery is closed today")


single, all_of_them = APIRouter(prefix="/{number:int}"), APIRouter()


@single.get("")
async def read_order(number: int):
    try:
        return bakery.orders[number]
    except KeyError:
        raise HTTPException(status_code=404, detail="No such order") from None


# Below /{number:int}, and yet not taken for a number: the convertor takes digits only.
@all_of_them.get("/count")
async def count_orders():
    return {"orders": len(bakery.orders)}


router = APIRouter(
    prefix="/orders", tags=["orders"], dependencies=[Depends(doors)], responses={503: {"description": "Closed"}}
)


@router.get("", response_model=list[dict])
async def list_orders():
    return sorted(bakery.orders.values(), key=lambda order: order["number"])


@router.post("", status_code=201)
async def take_order(new: NewOrder):
    return bakery.take(new.product, new.pieces)


router.include_router(single)
router.include_router(all_of_them)
