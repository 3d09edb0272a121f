"""The live auction. README.md tells what is asked for."""

from fastapi import FastAPI
from pydantic import BaseModel, PositiveInt

app = FastAPI()


class Bid(BaseModel):
    bidder: str
    price: PositiveInt


# Your routes go here.
