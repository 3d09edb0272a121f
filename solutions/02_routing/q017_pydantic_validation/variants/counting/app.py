"""Bee hives on scales: looks for an object first, and counts at the end."""

from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, StringConstraints, ValidationError, confloat

app = FastAPI()

READINGS: list = []


class Reading(BaseModel):
    hive: Annotated[str, StringConstraints(min_length=1)]
    taken_at: AwareDatetime
    kg: confloat(ge=0, le=200)


@app.post("/readings")
async def add(reading: Reading):
    READINGS.append(reading)
    return reading


@app.post("/readings/import")
async def import_all(rows: list[Any]) -> dict[str, Any]:
    rejected = []
    for number, row in enumerate(rows):
        problems = set()
        if isinstance(row, dict):
            try:
                READINGS.append(Reading(**row))
                continue
            except ValidationError as error:
                problems = {fault["loc"][0] for fault in error.errors()}
        rejected.append({"row": number, "problems": sorted(problems)})
    return {"stored": len(rows) - len(rejected), "rejected": rejected}
