"""Overdue notices: one more dependency, a class, finds the loan and works out how late it is."""

from typing import Annotated

from desk import Clock, Letterbox, Mailer, WallClock, loans
from fastapi import Depends, FastAPI, HTTPException

app = FastAPI()


def get_clock() -> WallClock:
    return WallClock()


def get_mailer() -> Letterbox:
    return Letterbox()


class Lateness:
    def __init__(self, number: int, clock: Annotated[Clock, Depends(get_clock)]):
        loan = loans.get(number)
        if loan is None:
            raise HTTPException(404, detail="No such loan")
        self.loan = loan
        today = clock.today()
        self.days = (today - loan.due).days if today > loan.due else 0


@app.get("/loans/{number}")
def show(lateness: Annotated[Lateness, Depends()]) -> dict:
    return {
        "title": lateness.loan.title,
        "due": lateness.loan.due.isoformat(),
        "days_late": lateness.days,
    }


@app.post("/loans/{number}/notice")
async def remind(
    lateness: Annotated[Lateness, Depends(Lateness)], mailer: Annotated[Mailer, Depends(get_mailer)]
) -> dict[str, bool]:
    if not lateness.days:
        return {"sent": False}
    mailer.send(lateness.loan.reader, f"{lateness.loan.title} is {lateness.days} days late")
    return {"sent": True}
