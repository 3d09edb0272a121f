"""The harbour crane, strict field by field, in a router."""

from datetime import datetime
from enum import Enum
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, FastAPI
from pydantic import AwareDatetime, BaseModel, Field, Strict, StrictBool, StrictInt, field_validator

router = APIRouter(prefix="/lifts")

Load = Annotated[StrictInt, Field(gt=0, le=40_000)]


class Mode(str, Enum):
    NORMAL = "normal"
    CREEP = "creep"


class Lift(BaseModel, extra="forbid"):
    order: UUID
    kg: Load
    height: Annotated[float, Strict(), Field(gt=0, le=60)]
    emergency: StrictBool
    gear: int = Field(strict=True, ge=1, le=3)
    mode: Mode
    note: str = ""
    start: AwareDatetime
    hooks: dict[int, Load] = Field(default_factory=dict)

    @field_validator("start", mode="before")
    @classmethod
    def no_number(cls, value):
        assert isinstance(value, str | datetime), "text please"
        return value


class Preview(BaseModel):
    kg: int
    emergency: bool
    gear: int


@router.post("", status_code=201, response_model=Lift)
async def plan(lift: Lift):
    return lift.model_dump()


@router.get("/preview")
async def preview(
    kg: Annotated[int, Field(ge=1, le=40_000)],
    emergency: bool | None = None,
    gear: Annotated[int, Field(ge=1, le=3)] = 1,
) -> Preview:
    return Preview(kg=kg, emergency=bool(emergency), gear=gear)


app = FastAPI()
app.include_router(router)
