"""The log of the pools, with pydantic's MISSING for a plan that was not mentioned."""

from datetime import date
from typing import Literal

from fastapi import APIRouter, FastAPI
from pool import next_checks
from pydantic import MISSING, BaseModel, Field, NonNegativeFloat, NonNegativeInt

router = APIRouter(prefix="/pools/{pool}")


class Reading(BaseModel, extra="forbid"):
    ph: float = Field(ge=0, le=14)
    chlorine: NonNegativeFloat | None
    bathers: NonNegativeInt = 0
    remark: str | None = Field(default=None, max_length=200)
    next_check: date | None | MISSING = MISSING


class Entry(BaseModel):
    pool: str
    ph: float
    chlorine: float | None
    bathers: int
    remark: str | None
    chlorine_state: Literal["unknown", "alarm", "ok"]
    next_check: date | None


@router.post("/readings", status_code=201)
async def log(pool: str, reading: Reading) -> Entry:
    if reading.next_check is not MISSING:
        next_checks[pool] = reading.next_check
    match reading.chlorine:
        case None:
            state = "unknown"
        case value if value < 0.3:
            state = "alarm"
        case _:
            state = "ok"
    facts = reading.model_dump(exclude={"next_check"})
    return Entry(pool=pool, **facts, chlorine_state=state, next_check=next_checks.get(pool))


app = FastAPI()
app.include_router(router)
