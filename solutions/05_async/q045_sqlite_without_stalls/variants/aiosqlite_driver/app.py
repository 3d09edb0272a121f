"""The lending desk with aiosqlite, which keeps a thread for each connection, and with an async dependency."""

from collections.abc import AsyncIterator
from typing import Annotated

import aiosqlite
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel


class Order(BaseModel):
    member: str


class Lent(BaseModel):
    loan: int
    isbn: str
    member: str
    copies_left: int


def create_app(database: str) -> FastAPI:
    app = FastAPI()

    async def connection() -> AsyncIterator[aiosqlite.Connection]:
        async with aiosqlite.connect(database, isolation_level=None) as db:
            db.row_factory = aiosqlite.Row
            yield db

    Db = Annotated[aiosqlite.Connection, Depends(connection)]

    async def one(db: aiosqlite.Connection, query: str, *values):
        async with db.execute(query, values) as cursor:
            return await cursor.fetchone()

    @app.get("/ping")
    async def ping() -> dict[str, bool]:
        return {"pong": True}

    @app.get("/books/{isbn}")
    async def book(isbn: str, db: Db):
        row = await one(db, "SELECT * FROM books WHERE isbn = ?", isbn)
        if row is None:
            raise HTTPException(404, "no such book")
        return dict(row)

    @app.post("/books/{isbn}/loans", status_code=201)
    async def lend(isbn: str, order: Order, db: Db) -> Lent:
        await db.execute("BEGIN IMMEDIATE")
        try:
            book = await one(db, "SELECT copies FROM books WHERE isbn = ?", isbn)
            if book is None:
                raise HTTPException(404, "no such book")
            if await one(db, "SELECT 1 FROM loans WHERE isbn = ? AND member = ?", isbn, order.member):
                raise HTTPException(409, "already on loan")
            if not book["copies"]:
                raise HTTPException(409, "no copies left")
            cursor = await db.execute("INSERT INTO loans (isbn, member) VALUES (?, ?)", (isbn, order.member))
            await db.execute("UPDATE books SET copies = ? WHERE isbn = ?", (book["copies"] - 1, isbn))
        except BaseException:
            await db.rollback()
            raise
        await db.commit()
        return Lent(loan=cursor.lastrowid, isbn=isbn, member=order.member, copies_left=book["copies"] - 1)

    return app


app = create_app("library.db")
