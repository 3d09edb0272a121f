"""Weather station intake. Given: do not change."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
readings: list["Reading"] = []


class Reading(BaseModel):
    station: str
    celsius: float


@app.post("/readings", status_code=201)
def add(reading: Reading) -> Reading:
    readings.append(reading)
    return reading


@app.get("/healthz")
def healthz():
    return {"status": "ok"}
