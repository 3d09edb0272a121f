"""Bee hives on scales, with validators of our own, in a router."""

from datetime import datetime

from fastapi import APIRouter, Body, FastAPI
from pydantic import BaseModel, ValidationError, field_validator

READINGS: list = []
HEAVIEST = 200

router = APIRouter(prefix="/readings")


class Reading(BaseModel):
    hive: str
    kg: float
    taken_at: datetime

    @field_validator("hive")
    @classmethod
    def not_empty(cls, hive: str) -> str:
        if not hive:
            raise ValueError("a hive has a name")
        return hive

    @field_validator("kg")
    @classmethod
    def within_the_scale(cls, kg: float) -> float:
        if not 0 <= kg <= HEAVIEST:
            raise ValueError("a scale shows 0 to 200 kg")
        return kg

    @field_validator("taken_at")
    @classmethod
    def with_offset(cls, taken_at: datetime) -> datetime:
        if taken_at.utcoffset() is None:
            raise ValueError("the offset from UTC is missing")
        return taken_at


@router.post("")
def add(reading: Reading):
    READINGS.append(reading)
    return reading.model_dump(mode="json")


@router.post("/import")
def import_all(rows: list = Body()):
    report = {"stored": 0, "rejected": []}
    for number, row in enumerate(rows):
        try:
            READINGS.append(Reading.model_validate(row))
            report["stored"] += 1
        except ValidationError as error:
            fields = {fault["loc"][0] for fault in error.errors() if fault["loc"]}
            report["rejected"].append({"row": number, "problems": sorted(fields)})
    return report


app = FastAPI()
app.include_router(router)
