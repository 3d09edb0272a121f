"""The car-park sign, with a response model, coroutines and a function for each address."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()

CARPARKS = {
    "harbour": {"name": "Old Harbour", "free": 4},
    "station": {"name": "Station Square", "free": 31},
    "market": {"name": "Market Hall", "free": 12},
}


class CarPark(BaseModel):
    code: str
    name: str
    free: int


def every() -> list[CarPark]:
    return [CarPark(code=code, **facts) for code, facts in CARPARKS.items()]


@app.get("/carparks")
async def list_all() -> list[CarPark]:
    return every()


@app.get("/carparks/")
async def list_all_with_slash() -> list[CarPark]:
    return every()


@app.get("/carparks/emptiest")
async def emptiest() -> CarPark:
    return max(every(), key=lambda carpark: carpark.free)


@app.get("/carparks/{code}")
async def read(code: str) -> CarPark:
    return CarPark(code=code, **CARPARKS[code])
