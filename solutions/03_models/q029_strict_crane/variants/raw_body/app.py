"""The harbour crane: the raw body is validated as JSON, where a strict model takes texts for dates and UUIDs."""

from enum import Enum
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

app = FastAPI()


class Mode(Enum):
    normal = "normal"
    creep = "creep"


class Lift(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    order: UUID
    kg: int = Field(ge=1, le=40_000)
    height: float = Field(gt=0, le=60)
    emergency: bool
    gear: int = Field(ge=1, le=3)
    mode: Mode
    note: str = ""
    start: AwareDatetime
    hooks: dict[int, Annotated[int, Field(ge=1, le=40_000)]] = {}


class Preview(BaseModel):
    kg: int = Field(ge=1, le=40_000)
    emergency: bool = False
    gear: int = Field(1, ge=1, le=3)


async def lift_of(request: Request) -> Lift:
    try:
        return Lift.model_validate_json(await request.body())
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        raise RequestValidationError([{**fault, "loc": ("body", *fault["loc"])} for fault in faults]) from error


@app.post("/lifts", status_code=201)
def plan(lift: Annotated[Lift, Depends(lift_of)]):
    return lift.model_dump(mode="json")


@app.get("/lifts/preview")
def preview(query: Annotated[Preview, Query()]) -> Preview:
    return query
