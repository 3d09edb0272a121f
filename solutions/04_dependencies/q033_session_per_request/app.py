"""The seed bank: one session and one transaction for each request."""

from collections.abc import Iterator
from typing import Annotated

from bank import Entry, Jar, SessionLocal
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

app = FastAPI()


def get_session() -> Iterator[Session]:
    # Commits when the block ends, rolls back when an exception passes or the commit fails, and closes in any case.
    with SessionLocal.begin() as session:
        yield session


# By default, what comes after `yield` runs when the answer has left. A commit has to be able to change the answer.
SessionDep = Annotated[Session, Depends(get_session, scope="function")]


class Swap(BaseModel):
    giver: str
    taker: str
    seeds: Annotated[int, Field(ge=1)]


def find(session: Session, label: str) -> Jar:
    jar = session.get(Jar, label)
    if jar is None:
        raise HTTPException(404, "No such jar")
    return jar


@app.get("/jars/{label}")
def read_jar(label: str, session: SessionDep):
    jar = find(session, label)
    return {"label": jar.label, "seeds": jar.seeds}


@app.post("/swaps", status_code=201)
def swap_seeds(swap: Swap, session: SessionDep):
    giver, taker = find(session, swap.giver), find(session, swap.taker)
    if giver.seeds < swap.seeds:
        raise HTTPException(409, "Not enough seeds")
    giver.seeds -= swap.seeds
    taker.seeds += swap.seeds
    session.add_all([Entry(jar=giver.label, change=-swap.seeds), Entry(jar=taker.label, change=swap.seeds)])
    return {"giver": giver.seeds, "taker": taker.seeds}
