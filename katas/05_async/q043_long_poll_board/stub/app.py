"""The pickup board of a food hall. README.md tells what is asked for."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Ready(BaseModel):
    counter: int


# PUT /orders/{number}/ready: the kitchen has an order ready.


# GET /orders/{number}/pickup: a guest's phone waits for it.


# GET /board: how many phones wait, and what is ready.
