"""The violin workshops, with each field of the repair as a body parameter of its own."""

from typing import Annotated

from fastapi import Body, FastAPI, Path, Query
from pydantic import BaseModel, Field

app = FastAPI()


class Repair(BaseModel):
    instrument: str
    budget: Annotated[float, Field(gt=0)]
    notes: str = ""


@app.post("/workshops/{workshop}/repairs")
def take_in(
    workshop: Annotated[str, Path()],
    instrument: Annotated[str, Body()],
    budget: Annotated[float, Body(gt=0)],
    notes: Annotated[str, Body()] = "",
    urgent: Annotated[bool, Query()] = False,
):
    repair = {"instrument": instrument, "budget": budget, "notes": notes}
    return {"workshop": workshop, "urgent": urgent, "repair": repair}


@app.post("/workshops/{workshop}/referrals")
def hand_over(workshop: str, repair: Repair = Body(), to_workshop: str = Body()):
    return {"from_workshop": workshop, "to_workshop": to_workshop, "repair": repair.model_dump()}
