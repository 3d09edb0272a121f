"""The night planner, with postponed annotations and a typed dict."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import FastAPI, Path, Query
from typing_extensions import TypedDict

app = FastAPI(title="Night Planner")


class Plan(TypedDict):
    target: UUID
    band: str
    ends_at: datetime


@app.get("/plans/{target}")
def plan_exposure(
    target: Annotated[UUID, Path(description="What the telescope looks at")],
    start: Annotated[datetime, Query()],
    exposure: Annotated[timedelta, Query(description="The length of one frame")],
    frames: Annotated[int, Query(gt=0)] = 1,
    band: Annotated[Literal["red", "green", "blue", "clear"], Query()] = "clear",
) -> Plan:
    return {"target": target, "band": band, "ends_at": start + frames * exposure}
