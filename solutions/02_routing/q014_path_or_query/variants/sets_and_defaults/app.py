"""The farmers' markets, with a set and with defaults instead of `Annotated`."""

from fastapi import FastAPI, HTTPException, Path, Query

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


@app.get("/markets/{market}/stalls")
def list_stalls(market: str = Path(), produce: set[str] = Query(set())) -> list[dict]:
    try:
        MARKETS[market]
    except KeyError:
        raise HTTPException(status_code=404, detail="Unknown market " + market) from None
    here = filter(lambda stall: stall["market"] == market, STALLS)
    return [stall for stall in here if stall["produce"] in (produce or {stall["produce"]})]


@app.get("/stalls")
def search_stalls(farm: str = Query(), market: str | None = Query(None)) -> list[dict]:
    found = []
    for stall in STALLS:
        if stall["farm"] == farm and (not market or stall["market"] == market):
            found.append(stall)
    return found
