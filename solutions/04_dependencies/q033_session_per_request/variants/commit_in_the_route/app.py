"""The seed bank, with a commit in the route on top of that of the dependency, which has the default scope."""

from typing import Annotated

import bank
from fastapi import APIRouter, Depends, FastAPI, HTTPException, status
from pydantic import BaseModel, ConfigDict, PositiveInt
from sqlalchemy import orm

app = FastAPI()
router = APIRouter()


def get_session():
    session = bank.SessionLocal()
    try:
        yield session
    except BaseException:
        session.rollback()
        raise
    else:
        try:
            session.commit()
        except Exception:
            session.rollback()
            raise
    finally:
        session.close()


class JarShown(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    label: str
    seeds: int


class Swap(BaseModel):
    giver: str
    taker: str
    seeds: PositiveInt


class Swapped(BaseModel):
    giver: int
    taker: int


@router.get("/jars/{label}", response_model=JarShown)
def read(label: str, session: Annotated[orm.Session, Depends(get_session)]):
    jar = session.get(bank.Jar, label)
    if jar is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No such jar")
    return jar


@router.post("/swaps", status_code=status.HTTP_201_CREATED)
def swap(swap: Swap, session: Annotated[orm.Session, Depends(get_session)]) -> Swapped:
    giver, taker = read(swap.giver, session), read(swap.taker, session)
    if giver.seeds < swap.seeds:
        raise HTTPException(status.HTTP_409_CONFLICT, "Not enough seeds")
    giver.seeds, taker.seeds = giver.seeds - swap.seeds, taker.seeds + swap.seeds
    session.add(bank.Entry(jar=swap.giver, change=-swap.seeds))
    session.add(bank.Entry(jar=swap.taker, change=+swap.seeds))
    session.commit()
    session.refresh(giver)
    session.refresh(taker)
    return Swapped(giver=giver.seeds, taker=taker.seeds)


app.include_router(router)
