"""The seed bank, with SQL statements, and with the database's own rule for the seeds that are missing."""

from contextlib import contextmanager

import bank
from bank import Entry, Jar
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, conint
from sqlalchemy import case, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

app = FastAPI()


@contextmanager
def transaction():
    with bank.SessionLocal() as session:
        try:
            yield session
            session.commit()
        except:
            session.rollback()
            raise


def get_session():
    with transaction() as session:
        yield session


class Swap(BaseModel):
    giver: str
    taker: str
    seeds: conint(ge=1)


@app.get("/jars/{label}")
async def read_jar(label: str, session: Session = Depends(get_session, scope="function")):
    seeds = session.scalar(select(Jar.seeds).where(Jar.label == label))
    if seeds is None:
        raise HTTPException(404, "No such jar")
    return {"label": label, "seeds": seeds}


@app.post("/swaps", status_code=201)
def swap_seeds(swap: Swap, session: Session = Depends(get_session, scope="function")):
    n = swap.seeds
    both = Jar.label.in_([swap.giver, swap.taker])
    if len(session.scalars(select(Jar.label).where(both)).all()) < 2:
        raise HTTPException(404, "No such jar")
    session.execute(insert(Entry), [{"jar": swap.giver, "change": -n}, {"jar": swap.taker, "change": n}])
    change = case((Jar.label == swap.giver, -n), else_=n)
    try:
        session.execute(update(Jar).where(both).values(seeds=Jar.seeds + change))
    except IntegrityError:
        raise HTTPException(409, "Not enough seeds") from None
    seeds = dict(session.execute(select(Jar.label, Jar.seeds).where(both)).tuples().all())
    return {"giver": seeds[swap.giver], "taker": seeds[swap.taker]}
