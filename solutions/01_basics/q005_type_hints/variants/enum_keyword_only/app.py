"""The night planner: a coroutine with keyword-only parameters, an Enum and a PositiveInt."""

from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, PositiveInt

app = FastAPI(title="Night Planner")
router = APIRouter(prefix="/plans")


class Band(str, Enum):
    red = "red"
    green = "green"
    blue = "blue"
    clear = "clear"


class Plan(BaseModel):
    target: UUID
    band: Band
    ends_at: datetime


@router.get("/{target}")
async def plan_exposure(
    *, band: Band = Band.clear, frames: PositiveInt = 1, exposure: timedelta, start: datetime, target: UUID
) -> Plan:
    return Plan(target=target, band=band, ends_at=start + exposure * frames)


app.include_router(router)
