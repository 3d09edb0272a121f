"""The auction house: what is cached, and for how long."""

from functools import cache
from typing import Annotated

import auction
from auction import Clerk, Lot
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Security
from fastapi.security import SecurityScopes

app = FastAPI()


# Once for each request: that is what `Depends` does by itself.
def rate() -> float:
    return auction.fetch_rate()


# Once for the process: that takes a cache of our own. An override replaces the whole function, the cache included.
@cache
def fees() -> dict[str, float]:
    return auction.load_fees()


def lot(number: int) -> Lot:
    found = auction.lots.get(number)
    if found is None:
        raise HTTPException(404, "No such lot")
    return found


TheLot = Annotated[Lot, Depends(lot)]
Rate = Annotated[float, Depends(rate)]


def hammer_price(lot: TheLot, rate: Rate) -> float:
    return lot.dollars * rate


HammerPrice = Annotated[float, Depends(hammer_price)]


def premium(hammer_price: HammerPrice, fees: Annotated[dict[str, float], Depends(fees)]) -> float:
    return hammer_price * fees["premium"]


Premium = Annotated[float, Depends(premium)]


# The lot is not used here, but without it a receipt would be taken for a lot that is invalid.
def receipt(_lot: TheLot) -> int:
    return auction.next_receipt()


# Neither this function nor anything below it uses scopes. That is why all guards of a request share one lookup.
def clerk(x_key: Annotated[str | None, Header()] = None) -> Clerk:
    found = auction.find_clerk(x_key) if x_key is not None else None
    if found is None:
        raise HTTPException(401, "Show a key that we know")
    return found


# Called once for each set of scopes.
def entitled(wanted: SecurityScopes, clerk: Annotated[Clerk, Depends(clerk)]) -> Clerk:
    missing = [right for right in wanted.scopes if right not in clerk.rights]
    if missing:
        raise HTTPException(403, {"missing": missing})
    return clerk


router = APIRouter(prefix="/lots/{number}", dependencies=[Security(entitled, scopes=["auction"])])


@router.get("/offer")
def offer(rate: Rate, hammer_price: HammerPrice, premium: Premium):
    return {"rate": rate, "hammer": round(hammer_price, 2), "premium": round(premium, 2)}


@router.post("/sale", status_code=201)
def sale(
    # Above the receipts: dependencies are called in the order of the parameters.
    seller: Annotated[Clerk, Security(entitled, scopes=["sell"])],
    hammer_price: HammerPrice,
    premium: Premium,
    buyer_receipt: Annotated[int, Depends(receipt, use_cache=False)],
    seller_receipt: Annotated[int, Depends(receipt, use_cache=False)],
):
    return {
        "clerk": seller.name,
        "buyer": {"receipt": buyer_receipt, "euros": round(hammer_price + premium, 2)},
        "seller": {"receipt": seller_receipt, "euros": round(hammer_price, 2)},
    }


app.include_router(router)
