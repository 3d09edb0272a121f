"""The tool shed: a declared return type, a dataclass as answer, and a dependency that asks for the shed itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import shed
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, StringConstraints, conint

app = FastAPI()


class LoanRequest(BaseModel):
    tool: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    member: Annotated[str, StringConstraints(min_length=1)]
    days: conint(gt=0, lt=15) = 7


@dataclass
class Loan:
    tool: str
    member: str
    days: int
    shelf: str


Lend = Callable[[LoanRequest], dict[str, Any] | None]


def lender(store: Annotated[shed.Shed, Depends(shed.get_shed)]) -> Lend:
    return lambda loan: store.lend(**loan.model_dump())


@app.post("/loans", status_code=201)
async def borrow(loan: LoanRequest, lend: Annotated[Lend, Depends(lender)]) -> Loan:
    if not (record := lend(loan)):
        raise HTTPException(status_code=404, detail="No such tool")
    return Loan(record["tool"], record["member"], record["days"], record["shelf"])
