"""The observatory's night planner."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Query
from pydantic import BaseModel

app = FastAPI(title="Night Planner")

Band = Literal["red", "green", "blue", "clear"]


class Plan(BaseModel):
    target: UUID
    band: Band
    ends_at: datetime


@app.get("/plans/{target}")
def plan_exposure(
    target: UUID,
    start: datetime,
    exposure: timedelta,
    # The bound stands in the type; the default is an ordinary one, for callers from Python as well.
    frames: Annotated[int, Query(ge=1)] = 1,
    band: Band = "clear",
) -> Plan:
    return Plan(target=target, band=band, ends_at=start + frames * exposure)
