"""The farmers' markets."""

from typing import Annotated

from fastapi import FastAPI, HTTPException, Query

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


# The path names one market, so an unknown one is an error. The query only narrows: no hit is a good answer.
# A list is read from the query only if Query() says so.
@app.get("/markets/{market}/stalls")
def list_stalls(market: str, produce: Annotated[list[str] | None, Query()] = None):
    if market not in MARKETS:
        raise HTTPException(404, f"Unknown market {market}")
    return [stall for stall in STALLS if stall["market"] == market and (produce is None or stall["produce"] in produce)]


# The same name in another place: "market" does not stand in this path, so it comes from the query.
@app.get("/stalls")
def search_stalls(farm: str, market: str | None = None):
    return [stall for stall in STALLS if stall["farm"] == farm and (market is None or stall["market"] == market)]
