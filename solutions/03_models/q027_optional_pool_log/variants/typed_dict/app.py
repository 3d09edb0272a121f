"""The log of the pools, with a typed dictionary: what was left out is not in it."""

from datetime import date
from typing import Annotated

import pool
from fastapi import Body, FastAPI
from pydantic import Field, StringConstraints
from typing_extensions import NotRequired, TypedDict

app = FastAPI()


class Reading(TypedDict):
    ph: Annotated[float, Field(ge=0, le=14)]
    chlorine: Annotated[float, Field(ge=0)] | None
    bathers: NotRequired[Annotated[int, Field(ge=0)]]
    remark: NotRequired[Annotated[str, StringConstraints(max_length=200)] | None]
    next_check: NotRequired[date | None]


@app.post("/pools/{name}/readings", status_code=201)
def log(name: str, reading: Annotated[Reading, Body()]):
    plans = pool.next_checks
    plans[name] = plan = reading.get("next_check", plans.get(name))
    chlorine = reading["chlorine"]
    state = "unknown" if chlorine is None else ("ok", "alarm")[chlorine < 0.3]
    defaults = {"pool": name, "bathers": 0, "remark": None}
    return defaults | reading | {"chlorine_state": state, "next_check": plan}
