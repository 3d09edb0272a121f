"""What the roasting machine reports: a base for what both sides share, own validators, and dictionaries in between."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import FastAPI
from pydantic import BaseModel, Field, field_validator

app = FastAPI()


class Shared(BaseModel):
    green: Annotated[int, Field(alias="greenGrams", ge=100, le=30000)]
    roasted: Annotated[int, Field(alias="roastedGrams", ge=1)]
    notes: list[Annotated[str, Field(min_length=1, max_length=60)]] = Field(default_factory=list, max_length=3)


class Sent(Shared):
    batch: str = Field(alias="batchNo", json_schema_extra={"pattern": "^[A-Z]{2}-[0-9]{4}$"})
    degrees: float = Field(alias="temp", gt=150, le=260, description="Bean temperature at drop in °C", examples=[212.5])
    at: datetime | None = Field(alias="roastedAt", default=None)

    @field_validator("batch")
    @classmethod
    def form(cls, batch: str) -> str:
        if re.fullmatch("[A-Z]{2}-[0-9]{4}", batch) is None:
            raise ValueError("two capital letters, a hyphen, four digits")
        return batch

    @field_validator("at")
    @classmethod
    def offset(cls, at: datetime | None) -> datetime | None:
        if at is not None and at.tzinfo is None:
            raise ValueError("an offset is missing")
        return at


class Answered(Shared):
    batch: str
    degrees: float
    at: datetime = Field(serialization_alias="roastedAt")
    loss: float = Field(serialization_alias="lossPercent")


@app.post("/roasts", status_code=201)
def log(sent: Sent) -> Answered:
    found: dict[str, Any] = sent.model_dump(by_alias=True) | {"batch": sent.batch, "degrees": sent.degrees}
    found["at"] = sent.at if sent.at is not None else datetime.now(UTC)
    found["loss"] = round(100 * (sent.green - sent.roasted) / sent.green, 1)
    return Answered(**found)
