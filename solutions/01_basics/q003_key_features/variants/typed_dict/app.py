"""The tool shed: a dict as answer, picked by hand and declared, `Depends` as default, and a 404 that is returned."""

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, field_validator
from shed import Shed, get_shed
from typing_extensions import TypedDict

router = APIRouter()


class LoanRequest(BaseModel):
    tool: str
    member: str
    days: int = 7

    @field_validator("tool")
    @classmethod
    def has_a_name(cls, tool: str) -> str:
        if not 1 <= len(tool) <= 40:
            raise ValueError("1 to 40 characters")
        return tool

    @field_validator("member")
    @classmethod
    def is_somebody(cls, member: str) -> str:
        if not member:
            raise ValueError("who are you?")
        return member

    @field_validator("days")
    @classmethod
    def is_not_for_ever(cls, days: int) -> int:
        if days not in range(1, 15):
            raise ValueError("1 to 14 days")
        return days


class Loan(TypedDict):
    tool: str
    member: str
    days: int
    shelf: str


@router.post("/loans", status_code=201, response_model=Loan)
def borrow(request: LoanRequest, shed: Shed = Depends(get_shed)):
    record = shed.lend(tool=request.tool, member=request.member, days=request.days)
    if record is None:
        return JSONResponse({"detail": "No such tool"}, 404)
    return {key: record[key] for key in ("tool", "member", "days", "shelf")}


app = FastAPI(title="Tool Shed")
app.include_router(router)
