"""The log of the pools."""

from datetime import date
from typing import Annotated

import pool
from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class Reading(BaseModel):
    """A default says that a field may be left out, `| None` says that it may be null."""

    ph: Annotated[float, Field(ge=0, le=14)]
    chlorine: Annotated[float, Field(ge=0)] | None
    bathers: Annotated[int, Field(ge=0)] = 0
    remark: Annotated[str, Field(max_length=200)] | None = None
    next_check: date | None = None


def state_of(chlorine: float | None) -> str:
    # Not "if not chlorine": 0 is a value, and the worst of all.
    if chlorine is None:
        return "unknown"
    return "alarm" if chlorine < 0.3 else "ok"


@app.post("/pools/{name}/readings", status_code=201)
def log(name: str, reading: Reading):
    # Left out and null look the same in the value; the instance knows which fields were sent.
    if "next_check" in reading.model_fields_set:
        pool.next_checks[name] = reading.next_check
    return {
        "pool": name,
        "ph": reading.ph,
        "chlorine": reading.chlorine,
        "bathers": reading.bathers,
        "remark": reading.remark,
        "chlorine_state": state_of(reading.chlorine),
        "next_check": pool.next_checks.get(name),
    }
