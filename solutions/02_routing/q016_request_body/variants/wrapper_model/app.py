"""The violin workshops, with a model for each body and each answer, and a router."""

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, PositiveFloat

router = APIRouter(prefix="/workshops/{workshop}")


class Repair(BaseModel):
    instrument: str
    budget: PositiveFloat
    notes: str = ""


class Referral(BaseModel):
    repair: Repair
    to_workshop: str


class TakenIn(BaseModel):
    workshop: str
    urgent: bool
    repair: Repair


class HandedOver(Referral):
    from_workshop: str


@router.post("/repairs")
async def take_in(workshop: str, repair: Repair, urgent: bool = False) -> TakenIn:
    return TakenIn(workshop=workshop, urgent=urgent, repair=repair)


@router.post("/referrals")
async def hand_over(workshop: str, referral: Referral) -> HandedOver:
    return HandedOver(from_workshop=workshop, to_workshop=referral.to_workshop, repair=referral.repair)


app = FastAPI()
app.include_router(router)
