"""The farmers' markets, with a response model and a model for the query of the search."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()

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


class Stall(BaseModel):
    pitch: int
    market: str
    produce: str
    farm: str


class Search(BaseModel):
    farm: str
    market: str | None = None


@app.get("/markets/{market}/stalls", response_model=list[Stall])
def list_stalls(market: str, produce: Annotated[tuple[str, ...] | None, Query()] = None):
    if market not in MARKETS:
        return JSONResponse({"detail": f"Unknown market {market}"}, status_code=404)
    stalls = [stall for stall in STALLS if stall["market"] == market]
    if produce is not None:
        stalls = [stall for stall in stalls if stall["produce"] in produce]
    return stalls


@app.get("/stalls")
def search_stalls(search: Annotated[Search, Query()]) -> list[Stall]:
    wanted = search.model_dump(exclude_none=True)
    return [Stall(**stall) for stall in STALLS if wanted.items() <= stall.items()]
