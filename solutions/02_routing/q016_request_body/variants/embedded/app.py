"""The violin workshops: embed=True where there are several parts anyway, and a validator of our own."""

from fastapi import Body, FastAPI
from pydantic import BaseModel, field_validator

app = FastAPI()


class Repair(BaseModel):
    instrument: str
    budget: float
    notes: str = ""

    @field_validator("budget")
    @classmethod
    def above_zero(cls, budget: float) -> float:
        if budget <= 0:
            raise ValueError("a budget is above 0")
        return budget


@app.post("/workshops/{workshop}/repairs")
def take_in(workshop: str, repair: Repair, urgent: bool = False) -> dict[str, str | bool | Repair]:
    return {"workshop": workshop, "urgent": urgent, "repair": repair}


@app.post("/workshops/{workshop}/referrals")
def hand_over(workshop: str, repair: Repair = Body(embed=True), to_workshop: str = Body(embed=True)):
    return {"from_workshop": workshop, "to_workshop": to_workshop, "repair": repair}
