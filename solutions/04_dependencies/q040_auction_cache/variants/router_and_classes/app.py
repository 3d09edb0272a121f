"""The auction house, with response models and a class for the prices."""

from functools import lru_cache
from typing import Annotated

import auction
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Security, status
from fastapi.security import SecurityScopes
from pydantic import BaseModel


class Offer(BaseModel):
    rate: float
    hammer: float
    premium: float


class Part(BaseModel):
    receipt: int
    euros: float


class Sale(BaseModel):
    clerk: str
    buyer: Part
    seller: Part


@lru_cache(maxsize=1)
def fee_table():
    return auction.load_fees()


def fees():
    return fee_table()


class Rate:
    def __init__(self):
        self.euros = auction.fetch_rate()


def rate(fetched: Annotated[Rate, Depends()]) -> float:
    return fetched.euros


def lot(number: int) -> auction.Lot:
    try:
        return auction.lots[number]
    except KeyError:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No such lot") from None


def hammer_price(lot: Annotated[auction.Lot, Depends(lot)], rate: Annotated[float, Depends(rate)]) -> float:
    return lot.dollars * rate


def premium(hammer: Annotated[float, Depends(hammer_price)], fees: Annotated[dict, Depends(fees)]) -> float:
    return hammer * fees["premium"]


class Prices:
    def __init__(
        self,
        rate: Annotated[float, Depends(rate)],
        hammer: Annotated[float, Depends(hammer_price)],
        premium: Annotated[float, Depends(premium)],
    ):
        self.rate, self.hammer, self.premium = rate, round(hammer, 2), round(premium, 2)


def clerk(request: Request) -> auction.Clerk:
    key = request.headers.get("X-Key")
    found = auction.find_clerk(key) if key else None
    if not found:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED)
    return found


def entitled(security_scopes: SecurityScopes, clerk: Annotated[auction.Clerk, Depends(clerk)]) -> auction.Clerk:
    if not clerk.rights.issuperset(security_scopes.scopes):
        missing = [scope for scope in security_scopes.scopes if scope not in clerk.rights]
        raise HTTPException(status.HTTP_403_FORBIDDEN, {"missing": missing})
    return clerk


def receipt(
    lot: Annotated[auction.Lot, Depends(lot)],
    clerk: Annotated[auction.Clerk, Depends(clerk)],
) -> int:
    return auction.next_receipt()


class Receipts:
    def __init__(
        self,
        seller: Annotated[auction.Clerk, Security(entitled, scopes=["sell"])],
        first: Annotated[int, Depends(receipt, use_cache=False)],
        second: Annotated[int, Depends(receipt, use_cache=False)],
    ):
        self.clerk, self.first, self.second = seller, first, second


router = APIRouter()


@router.get("/{number}/offer")
async def offer(prices: Annotated[Prices, Depends()]) -> Offer:
    return Offer(rate=prices.rate, hammer=prices.hammer, premium=prices.premium)


@router.post("/{number}/sale", status_code=status.HTTP_201_CREATED, response_model=Sale)
async def sale(prices: Annotated[Prices, Depends()], receipts: Annotated[Receipts, Depends()]):
    return {
        "clerk": receipts.clerk.name,
        "buyer": {"receipt": receipts.first, "euros": round(prices.hammer + prices.premium, 2)},
        "seller": {"receipt": receipts.second, "euros": prices.hammer},
    }


app = FastAPI()
app.include_router(router, prefix="/lots", dependencies=[Security(entitled, scopes=["auction"])])
