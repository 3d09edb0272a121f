"""The library's loans. Given, finished, not to be changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import FastAPI, HTTPException
from fees import late_fee
from pydantic import BaseModel

MOST_LOANS = 2


class NewLoan(BaseModel):
    member: str
    title: str


class Return(BaseModel):
    days_late: int = 0


@dataclass
class Loan:
    member: str
    title: str
    is_open: bool = True


def create_app(catalogue: Mapping[str, str]) -> FastAPI:
    """A new app on this catalogue, without any loans."""
    app = FastAPI()
    loans: dict[int, Loan] = {}

    @app.post("/loans", status_code=201)
    def lend(new: NewLoan):
        if new.title not in catalogue:
            raise HTTPException(404, "There is no such title")
        if sum(loan.is_open for loan in loans.values() if loan.member == new.member) >= MOST_LOANS:
            raise HTTPException(409, "This member has two open loans")
        number = len(loans) + 1
        loans[number] = Loan(new.member, new.title)
        return {"loan": number, "member": new.member, "title": new.title}

    @app.post("/loans/{number}/return")
    def take_back(number: int, back: Return):
        loan = loans.get(number)
        if loan is None:
            raise HTTPException(404, "There is no such loan")
        if not loan.is_open:
            raise HTTPException(409, "This loan has been returned already")
        loan.is_open = False
        return {"fee_cents": late_fee(catalogue[loan.title], back.days_late)}

    return app
