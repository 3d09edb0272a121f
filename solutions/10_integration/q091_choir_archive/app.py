"""The choir's archive: one engine, one short session for each request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel, Field
from sqlalchemy import ForeignKey, UniqueConstraint, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload
from urls import async_url

engine = create_async_engine(async_url())
# Without this option, a commit makes every attribute stale, and an AsyncSession does not load on mere access.
Session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Composer(Base):
    __tablename__ = "composers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Work(Base):
    __tablename__ = "works"
    __table_args__ = (UniqueConstraint("composer_id", "title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    copies: Mapped[int]
    composer_id: Mapped[int] = mapped_column(ForeignKey("composers.id"))
    composer: Mapped[Composer] = relationship()
    loans: Mapped[list["Loan"]] = relationship()


class Loan(Base):
    __tablename__ = "loans"

    id: Mapped[int] = mapped_column(primary_key=True)
    work_id: Mapped[int] = mapped_column(ForeignKey("works.id"))
    singer: Mapped[str]


# What is wanted of a work, for all works of a query at once.
WHOLE = (joinedload(Work.composer), selectinload(Work.loans))


class NewWork(BaseModel):
    title: str
    composer: str
    copies: int = Field(ge=0, le=500)


class NewLoan(BaseModel):
    singer: str


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def get_session() -> AsyncIterator[AsyncSession]:
    async with Session() as session:
        yield session


TheSession = Annotated[AsyncSession, Depends(get_session)]


def shown(work: Work) -> dict[str, int | str]:
    return {
        "id": work.id,
        "title": work.title,
        "composer": work.composer.name,
        "copies": work.copies,
        "available": work.copies - len(work.loans),
    }


def with_singers(work: Work) -> dict[str, int | str | list[str]]:
    return {**shown(work), "singers": sorted(loan.singer for loan in work.loans)}


async def find(session: AsyncSession, work_id: int, *, hold: bool = False) -> Work:
    query = select(Work).where(Work.id == work_id).options(*WHOLE)
    if hold:
        # Where the database can do that, others wait for the row until this transaction ends.
        query = query.with_for_update(of=Work)
    work = await session.scalar(query)
    if work is None:
        raise HTTPException(404, "No such work")
    return work


async def composer_named(session: AsyncSession, name: str) -> Composer:
    return await session.scalar(select(Composer).where(Composer.name == name)) or Composer(name=name)


@app.post("/works", status_code=201)
async def add(new: NewWork, session: TheSession):
    # Somebody may commit the same composer just now. The second time, he is known.
    for _ in range(2):
        composer = await composer_named(session, new.composer)
        work = Work(title=new.title, copies=new.copies, composer=composer, loans=[])
        session.add(work)
        try:
            await session.commit()
        except IntegrityError:
            await session.rollback()
        else:
            return shown(work)
    raise HTTPException(409, "This work is in the archive")


@app.get("/works")
async def works(session: TheSession, composer: str | None = None):
    query = select(Work).options(*WHOLE).order_by(Work.title)
    if composer is not None:
        query = query.join(Work.composer).where(Composer.name == composer)
    return [shown(work) for work in await session.scalars(query)]


@app.get("/works/{work_id}")
async def one(work_id: int, session: TheSession):
    return with_singers(await find(session, work_id))


@app.post("/works/{work_id}/loans", status_code=201)
async def lend(work_id: int, loan: NewLoan, session: TheSession):
    work = await find(session, work_id, hold=True)
    if len(work.loans) >= work.copies:
        raise HTTPException(409, "All copies are lent")
    work.loans.append(Loan(singer=loan.singer))
    await session.commit()
    return with_singers(work)


@app.delete("/works/{work_id}", status_code=204)
async def throw_out(work_id: int, session: TheSession):
    work = await find(session, work_id, hold=True)
    if work.loans:
        raise HTTPException(409, "Copies are lent")
    await session.delete(work)
    await session.commit()
    return Response(status_code=204)
