"""The choir's archive with sync sessions, a scalar subquery, a commit in the dependency, and SQLite locked from the start."""

from contextlib import asynccontextmanager

import urls
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, conint
from sqlalchemy import Column, ForeignKey, Integer, String, UniqueConstraint, create_engine, event, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, column_property, declarative_base, relationship, sessionmaker

Base = declarative_base()


class Loan(Base):
    __tablename__ = "loans"
    id = Column(Integer, primary_key=True)
    work_id = Column(Integer, ForeignKey("works.id", ondelete="RESTRICT"), nullable=False, index=True)
    singer = Column(String(200), nullable=False)


class Composer(Base):
    __tablename__ = "composers"
    id = Column(Integer, primary_key=True)
    name = Column(String(200), unique=True, nullable=False)
    works = relationship("Work", back_populates="composer")


class Work(Base):
    __tablename__ = "works"
    __table_args__ = (UniqueConstraint("composer_id", "title"),)
    id = Column(Integer, primary_key=True)
    title = Column(String(200), nullable=False)
    copies = Column(Integer, nullable=False)
    shelf = Column(String(20))
    composer_id = Column(ForeignKey("composers.id"), nullable=False)
    composer = relationship(Composer, back_populates="works", lazy="joined", innerjoin=True)
    lent = column_property(select(func.count(Loan.id)).where(Loan.work_id == id).scalar_subquery())


engine = create_engine(urls.sync_url())
SessionLocal = sessionmaker(engine, autoflush=False)

if engine.dialect.name == "sqlite":

    @event.listens_for(engine, "connect")
    def no_begin_of_its_own(connection, record):
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@asynccontextmanager
async def lifespan(app):
    Base.metadata.create_all(engine)
    yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(IntegrityError)
def conflict(request: Request, error: IntegrityError):
    return JSONResponse({"detail": "conflict"}, 409)


def get_db():
    db = SessionLocal()
    try:
        yield db
        db.commit()
    except BaseException:
        db.rollback()
        raise
    finally:
        db.close()


DB = Depends(get_db, scope="function")


class WorkIn(BaseModel):
    title: str
    composer: str
    copies: conint(ge=0, le=500)


class LoanIn(BaseModel):
    singer: str


class WorkOut(BaseModel):
    id: int
    title: str
    composer: str
    copies: int
    available: int

    @classmethod
    def of(cls, work, **more):
        return cls(
            id=work.id, title=work.title, composer=work.composer.name, copies=work.copies,
            available=work.copies - work.lent, **more,
        )  # fmt: skip


class WorkWithSingers(WorkOut):
    singers: list[str]


def work_or_404(work_id: int, db: Session = DB):
    work = db.get(Work, work_id)
    if not work:
        raise HTTPException(404)
    return work


def singers(db, work):
    return list(db.scalars(select(Loan.singer).where(Loan.work_id == work.id).order_by(Loan.singer)))


@app.post("/works", response_model=WorkOut, status_code=201)
def post(body: WorkIn, db: Session = DB):
    composer = db.scalars(select(Composer).filter_by(name=body.composer)).first()
    if composer is None:
        composer = Composer(name=body.composer)
    work = Work(title=body.title, copies=body.copies, composer=composer)
    db.add(work)
    db.flush()
    db.refresh(work)
    return WorkOut.of(work)


@app.get("/works", response_model=list[WorkOut])
def index(db: Session = DB, composer: str | None = Query(None)):
    works = db.query(Work).order_by(Work.title)
    if composer is not None:
        works = works.filter(Work.composer.has(name=composer))
    return [WorkOut.of(work) for work in works]


@app.get("/works/{work_id}", response_model=WorkWithSingers)
def get(work: Work = Depends(work_or_404, scope="function"), db: Session = DB):
    return WorkWithSingers.of(work, singers=singers(db, work))


@app.post("/works/{work_id}/loans", response_model=WorkWithSingers, status_code=201)
def lend(loan: LoanIn, work: Work = Depends(work_or_404, scope="function"), db: Session = DB):
    if work.lent >= work.copies:
        raise HTTPException(409, "none left")
    db.add(Loan(work_id=work.id, singer=loan.singer))
    db.flush()
    db.expire(work)
    return WorkWithSingers.of(work, singers=singers(db, work))


@app.delete("/works/{work_id}", status_code=204)
def delete(work: Work = Depends(work_or_404, scope="function"), db: Session = DB):
    if work.lent:
        raise HTTPException(status_code=409, detail="lent")
    db.delete(work)
