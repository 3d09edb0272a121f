"""The seed bank, with a generator that does every step by hand, and sessions made of the engine."""

from typing import Annotated

from bank import Entry, Jar, engine
from fastapi import Body, Depends, FastAPI, HTTPException
from sqlalchemy.orm import Session

app = FastAPI()


async def get_session():
    session = Session(engine, expire_on_commit=False)
    try:
        yield session
        session.commit()
    except Exception:
        session.rollback()
        raise
    finally:
        session.close()


def jar_of(label: str, session: Session) -> Jar:
    jar = session.get(Jar, label)
    if not jar:
        raise HTTPException(status_code=404, detail="No such jar")
    return jar


@app.get("/jars/{label}")
async def jar(label: str, session: Session = Depends(get_session, scope="function")):
    jar = jar_of(label, session)
    return {"label": label, "seeds": jar.seeds}


@app.post("/swaps", status_code=201)
async def swap(
    giver: Annotated[str, Body()],
    taker: Annotated[str, Body()],
    seeds: Annotated[int, Body(gt=0)],
    session: Session = Depends(get_session, scope="function"),
):
    one, other = jar_of(giver, session), jar_of(taker, session)
    if seeds > one.seeds:
        raise HTTPException(status_code=409, detail="Not enough seeds")
    for jar, change in ((one, -seeds), (other, seeds)):
        jar.seeds = jar.seeds + change
        session.add(Entry(jar=jar.label, change=change))
        session.flush()
    return {"giver": one.seeds, "taker": other.seeds}
