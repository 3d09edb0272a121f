"""The parcel lockers: the rules as validators, and the number set on the way out."""

import re

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI, Response
from legacy import PARCELS, flask_app, new_id
from pydantic import BaseModel, ConfigDict, field_validator

app = FastAPI(title="Parcel Lockers")


class Parcel(BaseModel):
    model_config = ConfigDict(extra="ignore")

    locker: str
    weight_g: int
    fragile: bool = False

    @field_validator("locker")
    @classmethod
    def is_on_the_estate(cls, code: str) -> str:
        if not re.fullmatch("[A-F][0-9]{2}", code):
            raise ValueError("no such locker")
        return code

    @field_validator("weight_g")
    @classmethod
    def fits(cls, weight: int) -> int:
        if weight not in range(1, 20_001):
            raise ValueError("too light or too heavy")
        return weight


@app.post("/parcels")
def create_parcel(parcel: Parcel, response: Response) -> dict[str, str | int | bool]:
    stored = parcel.model_dump() | {"id": new_id()}
    PARCELS[stored["id"]] = stored
    response.status_code = 201
    return stored


app.mount("/", WSGIMiddleware(flask_app), name="legacy")
