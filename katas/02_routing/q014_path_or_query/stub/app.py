"""The farmers' markets. README.md tells what the app asks for."""

from fastapi import FastAPI

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

# Your routes go here.
