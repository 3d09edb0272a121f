"""The log of the pools, with Optional, default arguments and a dump of what was sent."""

import datetime
from typing import Annotated, Any, Optional

import pool
from fastapi import Body, FastAPI, Path, status
from pydantic import BaseModel, ConfigDict, Field, computed_field

app = FastAPI()


class Reading(BaseModel):
    model_config = ConfigDict(frozen=True)

    ph: float = Field(..., ge=0, le=14)
    chlorine: Optional[float] = Field(ge=0)
    bathers: int = Field(default=0, ge=0)
    remark: Optional[str] = Field(None, max_length=200)
    next_check: Optional[datetime.date] = None

    @computed_field
    @property
    def chlorine_state(self) -> str:
        if self.chlorine is None:
            return "unknown"
        return "ok" if self.chlorine >= 0.3 else "alarm"


@app.post("/pools/{pool_name}/readings", status_code=status.HTTP_201_CREATED)
def log(pool_name: Annotated[str, Path()], reading: Annotated[Reading, Body()]) -> dict[str, Any]:
    sent = reading.model_dump(exclude_unset=True)
    plan = sent.get("next_check", pool.next_checks.get(pool_name))
    pool.next_checks[pool_name] = plan
    return {"pool": pool_name, **reading.model_dump(), "next_check": plan}
