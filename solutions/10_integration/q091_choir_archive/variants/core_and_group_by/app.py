"""The choir's archive without an ORM: tables, statements, GROUP BY and an async connection for each request."""

from contextlib import asynccontextmanager
from typing import Annotated

import sqlalchemy as sa
from fastapi import Body, Depends, FastAPI, HTTPException, Request
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from urls import async_url

metadata = sa.MetaData()
composers = sa.Table(
    "composers",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("name", sa.Text, unique=True),
)
works = sa.Table(
    "works",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("copies", sa.Integer, sa.CheckConstraint("copies >= 0"), nullable=False),
    sa.Column("composer_id", None, sa.ForeignKey(composers.c.id), nullable=False),
    sa.Column("added_at", sa.DateTime, server_default=sa.func.now()),
)
sa.Index("one_of_each", works.c.composer_id, works.c.title, unique=True)
loans = sa.Table(
    "loans",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("work_id", None, sa.ForeignKey(works.c.id, ondelete="CASCADE"), nullable=False),
    sa.Column("singer", sa.Text, nullable=False),
)


@asynccontextmanager
async def lifespan(app: FastAPI):
    engine = create_async_engine(async_url(), pool_size=2)
    async with engine.connect() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.commit()
    yield {"engine": engine}
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def connect(request: Request):
    async with request.state.engine.connect() as connection:
        yield connection


Connection = Annotated[AsyncConnection, Depends(connect)]

QUERY = (
    sa.select(
        works.c.id,
        works.c.title,
        composers.c.name.label("composer"),
        works.c.copies,
        (works.c.copies - sa.func.count(loans.c.id)).label("available"),
    )
    .select_from(works.join(composers).outerjoin(loans))
    .group_by(works.c.id, works.c.title, composers.c.name, works.c.copies)
)


async def single(connection, work_id):
    row = (await connection.execute(QUERY.where(works.c.id == work_id))).mappings().one_or_none()
    if row is None:
        raise HTTPException(404)
    return dict(row)


async def with_singers(connection, work_id):
    names = await connection.scalars(sa.select(loans.c.singer).where(loans.c.work_id == work_id))
    return {**await single(connection, work_id), "singers": sorted(names)}


@app.get("/works")
async def listing(connection: Connection, composer: str | None = None):
    query = QUERY.order_by(works.c.title)
    if composer is not None:
        query = query.where(composers.c.name == composer)
    return [dict(row) for row in (await connection.execute(query)).mappings()]


@app.post("/works", status_code=201)
async def new(
    connection: Connection,
    title: Annotated[str, Body()],
    composer: Annotated[str, Body()],
    copies: Annotated[int, Body(ge=0, le=500)],
):
    try:
        async with connection.begin_nested():
            await connection.execute(sa.insert(composers).values(name=composer))
    except sa.exc.IntegrityError:
        pass
    composer_id = sa.select(composers.c.id).where(composers.c.name == composer).scalar_subquery()
    try:
        result = await connection.execute(sa.insert(works).values(title=title, copies=copies, composer_id=composer_id))
    except sa.exc.IntegrityError:
        # The connection is closed without a commit.
        raise HTTPException(409) from None
    await connection.commit()
    return await single(connection, result.inserted_primary_key[0])


@app.get("/works/{work_id}")
async def show(connection: Connection, work_id: int):
    return await with_singers(connection, work_id)


@app.post("/works/{work_id}/loans", status_code=201)
async def lend(connection: Connection, work_id: int, singer: Annotated[str, Body(embed=True)]):
    work = await single(connection, work_id)
    if work["available"] <= 0:
        raise HTTPException(409)
    await connection.execute(sa.insert(loans), [{"work_id": work_id, "singer": singer}])
    await connection.commit()
    return await with_singers(connection, work_id)


@app.delete("/works/{work_id}", status_code=204)
async def delete(connection: Connection, work_id: int):
    lent = sa.exists().where(loans.c.work_id == works.c.id)
    gone = await connection.execute(sa.delete(works).where(works.c.id == work_id, ~lent))
    if gone.rowcount == 0:
        await single(connection, work_id)
        raise HTTPException(409)
    await connection.commit()
