"""The violin workshops, with dataclasses."""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import FastAPI
from pydantic import Field

app = FastAPI()


@dataclass
class Repair:
    instrument: str
    budget: Annotated[float, Field(gt=0)]
    notes: str = ""


@dataclass
class Referral:
    repair: Repair
    to_workshop: str


@app.post("/workshops/{workshop}/repairs")
async def take_in(workshop: str, repair: Repair, urgent: bool = False):
    return {"workshop": workshop, "urgent": urgent, "repair": repair}


@app.post("/workshops/{workshop}/referrals")
async def hand_over(workshop: str, referral: Referral):
    return {"from_workshop": workshop, **asdict(referral)}
