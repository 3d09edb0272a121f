"""The auction house, with objects as dependencies and guards at the routes."""

from threading import Lock
from typing import Annotated, Any

import auction as house
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Request, Security
from fastapi.security import SecurityScopes

app = FastAPI(title="Auction house")


class FeeTable:
    def __init__(self) -> None:
        self.lock = Lock()
        self.table: dict[str, float] | None = None

    def __call__(self) -> dict[str, float]:
        with self.lock:
            if self.table is None:
                self.table = house.load_fees()
        return self.table


fees = FeeTable()


def rate():
    yield house.fetch_rate()


async def lot(number: Annotated[int, Path()]) -> house.Lot:
    if (found := house.lots.get(number)) is None:
        raise HTTPException(404, detail="No such lot")
    return found


class Price:
    """The price of a lot, times some factor."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def __call__(
        self,
        lot: Annotated[house.Lot, Depends(lot)],
        rate: Annotated[float, Depends(rate)],
        fees: Annotated[dict[str, float], Depends(fees)],
    ) -> float:
        price = lot.dollars * rate
        for name in self.names:
            price *= fees[name]
        return price


hammer_price = Price()
premium = Price("premium")


class Clerks:
    async def __call__(self, request: Request) -> house.Clerk:
        key = request.headers.get("x-key", "")
        clerk = house.find_clerk(key) if key else None
        if clerk is None:
            raise HTTPException(401, headers={"WWW-Authenticate": "Key"})
        return clerk


clerk = Clerks()


def entitled(scopes: SecurityScopes, someone: house.Clerk = Depends(clerk)):
    lacking = set(scopes.scopes).difference(someone.rights)
    if lacking:
        raise HTTPException(403, {"missing": [*lacking]})
    return someone


async def receipt(lot: Any = Depends(lot)):
    return house.next_receipt()


router = APIRouter()
auctioneer = Security(entitled, scopes=["auction"])


@router.get("/offer", dependencies=[auctioneer])
def offer(
    rate: float = Depends(rate),
    hammer: float = Depends(hammer_price),
    premium: float = Depends(premium),
) -> dict[str, float]:
    return dict(rate=rate, hammer=round(hammer, 2), premium=round(premium, 2))


@router.post("/sale", dependencies=[auctioneer], status_code=201)
def sale(
    seller: house.Clerk = Security(entitled, scopes=["sell"]),
    hammer: float = Depends(hammer_price),
    premium: float = Depends(premium),
    one: int = Depends(receipt, use_cache=False),
    two: int = Depends(receipt, use_cache=False),
):
    return dict(
        clerk=seller.name,
        buyer=dict(receipt=one, euros=round(hammer + premium, 2)),
        seller=dict(receipt=two, euros=round(hammer, 2)),
    )


app.include_router(router, prefix="/lots/{number}")
