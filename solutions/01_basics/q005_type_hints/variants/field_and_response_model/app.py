"""The night planner with a response model, a bound from Pydantic's Field, and a plain dict as answer."""

import datetime
import typing
import uuid

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, Field

app = FastAPI(title="Night Planner")


class Plan(BaseModel):
    target: uuid.UUID
    band: str = Field(description="The filter")
    ends_at: AwareDatetime


@app.get("/plans/{target}", response_model=Plan)
async def plan_exposure(
    target: uuid.UUID,
    start: AwareDatetime,
    exposure: datetime.timedelta,
    frames: typing.Annotated[int, Field(ge=1)] = 1,
    band: typing.Literal["red", "green", "blue", "clear"] = "clear",
):
    return {"target": target, "band": band, "ends_at": start + frames * exposure, "frames": frames}
