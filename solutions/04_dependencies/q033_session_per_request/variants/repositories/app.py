"""The seed bank, with repositories that stand on the session."""

from typing import Annotated

from bank import Entry, Jar, SessionLocal
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

app = FastAPI()


class Refused(Exception):
    def __init__(self, status: int, detail: str):
        self.status, self.detail = status, detail


@app.exception_handler(Refused)
async def refused(request: Request, refusal: Refused):
    return JSONResponse({"detail": refusal.detail}, refusal.status)


def get_session():
    with SessionLocal() as session, session.begin():
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


class Jars:
    def __init__(self, session: SessionDep):
        self.session = session

    def get(self, label: str) -> Jar:
        jar = self.session.scalars(select(Jar).where(Jar.label == label)).one_or_none()
        if jar is None:
            raise Refused(404, "No such jar")
        return jar


class Journal:
    def __init__(self, session: SessionDep):
        self.session = session

    def write(self, jar: Jar, change: int):
        self.session.add(Entry(jar=jar.label, change=change))


class Swaps:
    def __init__(self, jars: Annotated[Jars, Depends()], journal: Annotated[Journal, Depends()]):
        self.jars, self.journal = jars, journal

    def move(self, jar: Jar, change: int):
        jar.seeds += change
        self.journal.write(jar, change)


class Swap(BaseModel):
    giver: str
    taker: str
    seeds: int = Field(ge=1)


@app.get("/jars/{label}")
def read_jar(label: str, jars: Annotated[Jars, Depends()]):
    jar = jars.get(label)
    return {"label": jar.label, "seeds": jar.seeds}


@app.post("/swaps", status_code=201)
def swap_seeds(swap: Swap, jars: Annotated[Jars, Depends()], swaps: Annotated[Swaps, Depends()]):
    giver, taker = jars.get(swap.giver), jars.get(swap.taker)
    if giver.seeds < swap.seeds:
        raise Refused(409, "Not enough seeds")
    swaps.move(giver, -swap.seeds)
    swaps.move(taker, swap.seeds)
    return {"giver": giver.seeds, "taker": taker.seeds}
