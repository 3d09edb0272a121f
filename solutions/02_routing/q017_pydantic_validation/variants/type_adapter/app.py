"""Bee hives on scales, with a TypeAdapter for the rows and models for the report."""

from typing import Annotated

from fastapi import Body, FastAPI
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

app = FastAPI()

READINGS: list = []


class Reading(BaseModel):
    hive: Annotated[str, Field(min_length=1)]
    taken_at: AwareDatetime
    kg: Annotated[float, Field(ge=0, le=200)]


class Rejected(BaseModel):
    row: int
    problems: list[str]


class Report(BaseModel):
    stored: int
    rejected: list[Rejected]


one_row = TypeAdapter(Reading)


def problems_of(error: ValidationError) -> list[str]:
    return sorted({str(fault["loc"][0]) for fault in error.errors(include_url=False) if fault["loc"]})


@app.post("/readings", response_model=Reading)
async def add(reading: Reading):
    READINGS.append(reading)
    return reading


@app.post("/readings/import")
async def import_all(rows: Annotated[list, Body()]) -> Report:
    good, rejected = [], []
    for number, row in enumerate(rows):
        try:
            good.append(one_row.validate_python(row))
        except ValidationError as error:
            rejected.append(Rejected(row=number, problems=problems_of(error)))
    READINGS.extend(good)
    return Report(stored=len(good), rejected=rejected)
