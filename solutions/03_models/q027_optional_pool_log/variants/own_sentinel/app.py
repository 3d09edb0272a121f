"""The log of the pools, with separate body parameters and a day that no calendar will ever reach."""

from datetime import date
from typing import Annotated

import pool
from fastapi import Body, FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()

NOT_MENTIONED = date.max


@app.post("/pools/{name}/readings", status_code=201)
async def log(
    name: str,
    ph: Annotated[float, Body(ge=0, le=14)],
    chlorine: Annotated[float | None, Body(ge=0)],
    bathers: Annotated[int, Body(ge=0)] = 0,
    remark: Annotated[str | None, Body(max_length=200)] = None,
    next_check: Annotated[date | None, Body()] = NOT_MENTIONED,
):
    if next_check != NOT_MENTIONED:
        pool.next_checks[name] = next_check
    plan = pool.next_checks.setdefault(name, None)
    state = "unknown" if chlorine is None else "alarm" if chlorine < 0.3 else "ok"
    return JSONResponse(
        {
            "pool": name,
            "ph": ph,
            "chlorine": chlorine,
            "bathers": bathers,
            "remark": remark,
            "chlorine_state": state,
            "next_check": None if plan is None else plan.isoformat(),
        },
        status_code=201,
    )
