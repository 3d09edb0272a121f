"""Overdue notices: routes say which parts they need, FastAPI brings them."""

from typing import Annotated

from desk import Clock, Letterbox, Loan, Mailer, WallClock, loans
from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


# The only two places that know the real parts. Whoever wants others names a replacement
# in `app.dependency_overrides`, and no route has to change.
def get_clock() -> Clock:
    return WallClock()


def get_mailer() -> Mailer:
    return Letterbox()


# The type is a Protocol: any object with the right method will do.
AnyClock = Annotated[Clock, Depends(get_clock)]
AnyMailer = Annotated[Mailer, Depends(get_mailer)]


def find(number: int) -> Loan:
    if number not in loans:
        raise HTTPException(404, "No such loan")
    return loans[number]


def days_late(loan: Loan, clock: Clock) -> int:
    return max(0, (clock.today() - loan.due).days)


@app.get("/loans/{number}")
def show(number: int, clock: AnyClock):
    loan = find(number)
    return {"title": loan.title, "due": loan.due, "days_late": days_late(loan, clock)}


@app.post("/loans/{number}/notice")
def remind(number: int, clock: AnyClock, mailer: AnyMailer):
    loan = find(number)
    days = days_late(loan, clock)
    if days > 0:
        mailer.send(loan.reader, f"{loan.title} is {days} days late")
    return {"sent": days > 0}
