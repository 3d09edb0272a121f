"""The lending desk with write-ahead logging, and a connection from a `def` dependency that any thread may use."""

import sqlite3
from collections.abc import Iterator
from contextlib import asynccontextmanager, closing
from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool


def create_app(database: str) -> FastAPI:
    def log_ahead() -> None:
        with closing(sqlite3.connect(database)) as db:
            db.execute("PRAGMA journal_mode = WAL")

    @asynccontextmanager
    async def lifespan(app: FastAPI):
        await run_in_threadpool(log_ahead)
        yield

    app = FastAPI(lifespan=lifespan)

    def connection() -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(database, timeout=20, isolation_level="IMMEDIATE", check_same_thread=False)
        db.row_factory = sqlite3.Row
        try:
            yield db
        finally:
            db.close()

    @app.get("/ping")
    async def ping() -> dict[str, bool]:
        return {"pong": True}

    def found(isbn: str, db: Annotated[sqlite3.Connection, Depends(connection)]) -> dict:
        row = db.execute("SELECT isbn, title, copies FROM books WHERE isbn = ?", [isbn]).fetchone()
        if row is None:
            raise HTTPException(404, "no such book")
        return dict(row)

    @app.get("/books/{isbn}")
    def book(book: Annotated[dict, Depends(found)]):
        return book

    @app.post("/books/{isbn}/loans", status_code=201, dependencies=[Depends(found)])
    def lend(
        isbn: str, member: Annotated[str, Body(embed=True)], db: Annotated[sqlite3.Connection, Depends(connection)]
    ):
        order = {"isbn": isbn, "member": member}
        with db:
            try:
                loan = db.execute("INSERT INTO loans (isbn, member) VALUES (:isbn, :member)", order).lastrowid
            except sqlite3.IntegrityError:
                raise HTTPException(409, "already on loan")
            less = "UPDATE books SET copies = copies - 1 WHERE isbn = :isbn AND copies > 0 RETURNING copies"
            left = db.execute(less, order).fetchall()
            if not left:
                raise HTTPException(409, "no copies left")
        return {"loan": loan, **order, "copies_left": left[0]["copies"]}

    return app


app = create_app("library.db")
