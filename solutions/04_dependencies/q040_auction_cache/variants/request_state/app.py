"""The auction house; a security scheme reads the key, and the request remembers the clerk."""

from typing import Annotated

from auction import Clerk, fetch_rate, find_clerk, load_fees, lots, next_receipt
from fastapi import Depends, FastAPI, HTTPException, Request, Security
from fastapi.security import APIKeyHeader, SecurityScopes

app = FastAPI()

key = APIKeyHeader(name="X-Key")
table: dict[str, float] | None = None


async def rate():
    return fetch_rate()


async def fees():
    global table
    if table is None:
        table = load_fees()
    return table


async def lot(number: int):
    if number not in lots:
        raise HTTPException(404, "No such lot")
    return lots[number]


async def hammer_price(lot=Depends(lot), rate: float = Depends(rate)) -> float:
    return rate * lot.dollars


async def premium(lot=Depends(lot), rate: float = Depends(rate), fees: dict = Depends(fees)) -> float:
    return fees["premium"] * rate * lot.dollars


async def receipt(number: int, lot=Depends(lot)) -> int:
    return next_receipt()


async def clerk(request: Request, key: Annotated[str, Security(key)]) -> Clerk:
    if not hasattr(request.state, "clerk"):
        request.state.clerk = find_clerk(key)
    if request.state.clerk is None:
        raise HTTPException(401)
    return request.state.clerk


async def entitled(scopes: SecurityScopes, clerk: Annotated[Clerk, Depends(clerk)]) -> Clerk:
    missing = sorted(set(scopes.scopes) - clerk.rights)
    if missing:
        raise HTTPException(status_code=403, detail={"missing": missing})
    return clerk


@app.get("/lots/{number}/offer", dependencies=[Security(entitled, scopes=["auction"])])
async def offer(
    rate: float = Depends(rate),
    hammer: float = Depends(hammer_price),
    premium: float = Depends(premium),
):
    return {"rate": rate, "hammer": round(hammer, 2), "premium": round(premium, 2)}


@app.post(
    "/lots/{number}/sale",
    status_code=201,
    dependencies=[Security(entitled, scopes=["auction"]), Security(entitled, scopes=["sell"])],
)
async def sale(
    buyer: int = Depends(receipt),
    seller: int = Depends(receipt, use_cache=False),
    hammer: float = Depends(hammer_price),
    premium: float = Depends(premium),
    clerk: Clerk = Depends(clerk),
):
    return {
        "clerk": clerk.name,
        "buyer": {"receipt": buyer, "euros": round(round(hammer, 2) + round(premium, 2), 2)},
        "seller": {"receipt": seller, "euros": round(hammer, 2)},
    }
