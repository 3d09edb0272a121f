"""What the roasting machine reports: one model for the machine, one for the website, named as they are on the wire."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Body, FastAPI
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints


class FromMachine(BaseModel):
    batchNo: Annotated[str, StringConstraints(pattern=r"\A[A-Z][A-Z]-[0-9][0-9][0-9][0-9]\z")]
    temp: Annotated[float, Field(gt=150, le=260, description="Bean temperature at drop in °C", examples=[212.5])]
    greenGrams: Annotated[int, Field(ge=100, le=30_000)]
    roastedGrams: Annotated[int, Field(gt=0)]
    notes: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=60)]], Field(max_length=3)] = []
    roastedAt: AwareDatetime | None = None


class ForWebsite(BaseModel):
    batch: str
    degrees: float
    greenGrams: int
    roastedGrams: int
    notes: list[str]
    roastedAt: datetime
    lossPercent: float


router = APIRouter(prefix="/roasts")


@router.post("", status_code=201, response_model=ForWebsite)
async def log(sent: Annotated[FromMachine, Body()]):
    green, roasted = sent.greenGrams, sent.roastedGrams
    return {
        "batch": sent.batchNo,
        "degrees": sent.temp,
        "greenGrams": green,
        "roastedGrams": roasted,
        "notes": sent.notes,
        "roastedAt": sent.roastedAt or datetime.now(UTC),
        "lossPercent": round((1 - roasted / green) * 100, 1),
    }


app = FastAPI()
app.include_router(router)
