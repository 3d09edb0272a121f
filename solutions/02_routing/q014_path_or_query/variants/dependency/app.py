"""The farmers' markets, with the 404 in a dependency, a router and coroutines."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Query, status

app = FastAPI()
router = APIRouter()

# A market's code and its name.
MARKETS = {"north": "North Gate", "quay": "Old Quay", "mill": "Mill Lane"}

# In the order of the pitches; the farms move about between the markets.
STALLS = [
    {"pitch": 1, "market": "north", "produce": "honey", "farm": "Ash Farm"},
    {"pitch": 2, "market": "quay", "produce": "cheese", "farm": "Brook Farm"},
    {"pitch": 3, "market": "north", "produce": "apples", "farm": "Brook Farm"},
    {"pitch": 4, "market": "mill", "produce": "honey", "farm": "Ash Farm"},
    {"pitch": 5, "market": "north", "produce": "cheese", "farm": "Ash Farm"},
    {"pitch": 6, "market": "quay", "produce": "apples", "farm": "Cliff Farm"},
]


async def known_market(market: Annotated[str, Path(min_length=1)]) -> str:
    if market not in MARKETS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail=f"Unknown market {market}")
    return market


@router.get("/markets/{market}/stalls")
async def list_stalls(
    market: Annotated[str, Depends(known_market)],
    produce: Annotated[list[str], Query(default_factory=list)],
):
    return [s for s in STALLS if s["market"] == market and (not produce or s["produce"] in produce)]


@router.get("/stalls")
async def search_stalls(farm: Annotated[str, Query()], market: Annotated[str, Query()] = ""):
    return [s for s in STALLS if s["farm"] == farm and market in ("", s["market"])]


app.include_router(router)
