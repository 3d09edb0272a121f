"""The violin workshops."""

from typing import Annotated

from fastapi import Body, FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class Repair(BaseModel):
    instrument: str
    budget: float = Field(gt=0)
    notes: str = ""


# The name stands in the path, the bool does not, and the model is the body: FastAPI needs no more to tell them apart.
@app.post("/workshops/{workshop}/repairs")
def take_in(workshop: str, repair: Repair, urgent: bool = False):
    return {"workshop": workshop, "urgent": urgent, "repair": repair}


# Two parameters from the body, so each gets a key. Without Body(), the text would be looked for in the query.
@app.post("/workshops/{workshop}/referrals")
def hand_over(workshop: str, repair: Repair, to_workshop: Annotated[str, Body()]):
    return {"from_workshop": workshop, "to_workshop": to_workshop, "repair": repair}
