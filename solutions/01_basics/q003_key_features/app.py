"""The tool shed of the neighbourhood."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field
from shed import Shed, get_shed

app = FastAPI(title="Tool Shed")


class LoanRequest(BaseModel):
    tool: str = Field(min_length=1, max_length=40)
    member: str = Field(min_length=1)
    days: int = Field(default=7, ge=1, le=14)


class Loan(BaseModel):
    tool: str
    member: str
    days: int
    shelf: str


# The answer's type is said in the decorator, because what is returned is the shed's dict. FastAPI makes a Loan of it,
# and so lets only these four fields out.
@app.post("/loans", status_code=201, response_model=Loan)
def borrow(loan: LoanRequest, shed: Annotated[Shed, Depends(get_shed)]):
    record = shed.lend(loan.tool, loan.member, loan.days)
    if record is None:
        raise HTTPException(404, "No such tool")
    return record
