"""Overdue notices, with coroutines, a router and response models."""

from collections.abc import AsyncIterator
from datetime import date

import desk
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException
from pydantic import BaseModel

router = APIRouter(prefix="/loans")


async def get_clock() -> desk.Clock:
    return desk.WallClock()


async def get_mailer() -> AsyncIterator[desk.Mailer]:
    yield desk.Letterbox()


class Shown(BaseModel):
    title: str
    due: date
    days_late: int


class Notice(BaseModel):
    sent: bool


async def wanted(number: int) -> desk.Loan:
    try:
        return desk.loans[number]
    except KeyError:
        raise HTTPException(status_code=404, detail="No such loan") from None


@router.get("/{number}", response_model=Shown)
async def show(loan: desk.Loan = Depends(wanted), clock: desk.Clock = Depends(get_clock)):
    late = clock.today() - loan.due
    return Shown(title=loan.title, due=loan.due, days_late=max(late.days, 0))


@router.post("/{number}/notice")
async def remind(
    later: BackgroundTasks,
    loan: desk.Loan = Depends(wanted),
    clock: desk.Clock = Depends(get_clock),
    mailer: desk.Mailer = Depends(get_mailer),
) -> Notice:
    late = (clock.today() - loan.due).days
    if late <= 0:
        return Notice(sent=False)
    later.add_task(mailer.send, to=loan.reader, text=f"{loan.title} is {late} days late")
    return Notice(sent=True)


app = FastAPI()
app.include_router(router)
