"""Overdue notices, with one clock and one letterbox for the life of the process."""

from functools import lru_cache

import desk
from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse

app = FastAPI()
clock_on_the_wall = desk.WallClock()


def get_clock():
    return clock_on_the_wall


@lru_cache
def get_mailer():
    return desk.Letterbox()


@app.get("/loans/{number}")
def show(number: int, clock=Depends(get_clock)):
    if number not in desk.loans:
        return JSONResponse({"detail": "No such loan"}, status_code=404)
    loan = desk.loans[number]
    late = clock.today().toordinal() - loan.due.toordinal()
    return {"title": loan.title, "due": loan.due, "days_late": late if late > 0 else 0}


@app.post("/loans/{number}/notice")
def remind(number: int, shown=Depends(show), mailer=Depends(get_mailer)):
    if isinstance(shown, JSONResponse):
        return shown
    sent = shown["days_late"] > 0
    if sent:
        mailer.send(desk.loans[number].reader, f"{shown['title']} is {shown['days_late']} days late")
    return {"sent": sent}
