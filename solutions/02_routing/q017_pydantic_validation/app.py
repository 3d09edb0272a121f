"""Bee hives on scales."""

from typing import Any

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

app = FastAPI()

READINGS: list = []


class Reading(BaseModel):
    """What a scale reports."""

    hive: str = Field(min_length=1)
    taken_at: AwareDatetime
    kg: float = Field(ge=0, le=200)


# FastAPI calls Pydantic, and turns what it objects to into a 422.
@app.post("/readings")
def add(reading: Reading) -> Reading:
    READINGS.append(reading)
    return reading


# Here FastAPI is only asked for a list. The rows are ours to judge, and so are the errors.
@app.post("/readings/import")
def import_all(rows: list[Any]):
    stored = 0
    rejected = []
    for number, row in enumerate(rows):
        try:
            reading = Reading.model_validate(row)
        except ValidationError as error:
            # loc is empty when the row as a whole is wrong.
            problems = sorted({fault["loc"][0] for fault in error.errors() if fault["loc"]})
            rejected.append({"row": number, "problems": problems})
        else:
            READINGS.append(reading)
            stored += 1
    return {"stored": stored, "rejected": rejected}
