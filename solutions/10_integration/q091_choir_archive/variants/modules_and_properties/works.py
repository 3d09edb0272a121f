from typing import Annotated

from database import Composer, Loan, Work, session
from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

router = APIRouter(prefix="/works")
Db = Annotated[Session, Depends(session)]


class New(BaseModel):
    title: str
    composer: str
    copies: Annotated[int, Field(ge=0, le=500)]


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    title: str
    composer: str
    copies: int
    available: int


class OutWithSingers(Out):
    singers: list[str]


class Singer(BaseModel):
    singer: str


@router.post("", status_code=201, response_model=Out)
def add(new: New, db: Db):
    if db.scalar(select(Work.id).join(Work.by).where(Composer.name == new.composer, Work.title == new.title)):
        raise HTTPException(409, "there already")
    by = db.scalar(select(Composer).where(Composer.name == new.composer)) or Composer(name=new.composer)
    work = Work(title=new.title, copies=new.copies, by=by)
    db.add(work)
    try:
        db.commit()
    except IntegrityError as error:
        raise HTTPException(409, "there since a moment ago") from error
    # The model is made here, while the session is open: a sync session loads what is stale.
    return Out.model_validate(work)


@router.get("", response_model=list[Out])
def everything(db: Db, composer: str | None = None):
    query = select(Work).join(Work.by).order_by(Work.title)
    return db.scalars(query if composer is None else query.where(Composer.name == composer)).unique().all()


def found(work_id: int, db: Db) -> Work:
    if work := db.get(Work, work_id, with_for_update={"of": Work}):
        return work
    raise HTTPException(404)


Found = Annotated[Work, Depends(found)]


@router.get("/{work_id}", response_model=OutWithSingers)
def one(work: Found):
    return work


@router.post("/{work_id}/loans", status_code=201, response_model=OutWithSingers)
def lend(work: Found, body: Singer, db: Db):
    if work.available < 1:
        raise HTTPException(409, "all at home with somebody")
    work.loans.append(Loan(singer=body.singer))
    db.commit()
    db.refresh(work)
    return work


@router.delete("/{work_id}")
def remove(work: Found, db: Db):
    if work.loans:
        raise HTTPException(409, "not as long as it is lent")
    db.delete(work)
    db.commit()
    return Response(status_code=204)
