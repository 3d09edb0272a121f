"""The calendar of a seaside cottage: a response model that computes the nights."""

from datetime import date

from fastapi import FastAPI
from pydantic import BaseModel, computed_field

app = FastAPI(title="Cottage Calendar")


class Stay(BaseModel):
    arrival: date
    departure: date

    @computed_field
    @property
    def nights(self) -> int:
        return (self.departure - self.arrival).days


@app.get("/nights/{arrival}/{departure}")
def nights(arrival: date, departure: date) -> Stay:
    return Stay(arrival=arrival, departure=departure)
