"""The lending desk: whole transactions, each in one function, in one worker thread, on a connection of its own."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel


class Order(BaseModel):
    member: str


@contextmanager
def transaction(database: str) -> Iterator[sqlite3.Connection]:
    """Have the file for oneself, from reading to writing; an exception leaves it as it was."""
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        # Waits for whoever holds the file. From here on, what is read stays true.
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")


def create_app(database: str) -> FastAPI:
    """Make the app that keeps its books in this SQLite file."""
    app = FastAPI()

    @app.get("/ping")
    async def ping() -> dict[str, bool]:
        return {"pong": True}

    # sqlite3 blocks. In a `def` it blocks a worker thread, and the event loop goes on.
    @app.get("/books/{isbn}")
    def book(isbn: str):
        with closing(sqlite3.connect(database)) as db:
            row = db.execute("SELECT title, copies FROM books WHERE isbn = ?", (isbn,)).fetchone()
        if row is None:
            raise HTTPException(404, "no such book")
        return {"isbn": isbn, "title": row[0], "copies": row[1]}

    @app.post("/books/{isbn}/loans", status_code=201)
    def lend(isbn: str, order: Order):
        with transaction(database) as db:
            row = db.execute("SELECT copies FROM books WHERE isbn = ?", (isbn,)).fetchone()
            if row is None:
                raise HTTPException(404, "no such book")
            try:
                loan = db.execute("INSERT INTO loans (isbn, member) VALUES (?, ?)", (isbn, order.member)).lastrowid
            except sqlite3.IntegrityError:
                raise HTTPException(409, "already on loan") from None
            if row[0] < 1:
                raise HTTPException(409, "no copies left")
            db.execute("UPDATE books SET copies = copies - 1 WHERE isbn = ?", (isbn,))
        return {"loan": loan, "isbn": isbn, "member": order.member, "copies_left": row[0] - 1}

    return app


app = create_app("library.db")
