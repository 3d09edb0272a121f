"""The lending desk with `async def` routes, which hand whole pieces of work to `asyncio.to_thread`; the statements decide."""

import asyncio
import sqlite3
from contextlib import closing

from fastapi import Body, FastAPI, HTTPException


def look_up(database: str, isbn: str) -> tuple[str, int] | None:
    with closing(sqlite3.connect(database)) as db:
        return db.execute("SELECT title, copies FROM books WHERE isbn = ?", (isbn,)).fetchone()


def lend(database: str, isbn: str, member: str) -> tuple[int, int]:
    with closing(sqlite3.connect(database)) as db, db:
        if not db.execute("SELECT 1 FROM books WHERE isbn = ?", (isbn,)).fetchone():
            raise HTTPException(404, "no such book")
        try:
            # The first statement that writes, so from here on no other writer comes in.
            loan = db.execute("INSERT INTO loans (isbn, member) VALUES (?, ?)", (isbn, member)).lastrowid
        except sqlite3.IntegrityError as error:
            raise HTTPException(409, "already on loan") from error
        taken = db.execute("UPDATE books SET copies = copies - 1 WHERE isbn = ? AND copies > 0", (isbn,))
        if taken.rowcount == 0:
            raise HTTPException(409, "no copies left")
        return loan, db.execute("SELECT copies FROM books WHERE isbn = ?", (isbn,)).fetchone()[0]


def create_app(database: str) -> FastAPI:
    app = FastAPI()

    @app.get("/ping")
    async def ping() -> dict[str, bool]:
        return {"pong": True}

    @app.get("/books/{isbn}")
    async def book(isbn: str):
        found = await asyncio.to_thread(look_up, database, isbn)
        if found is None:
            raise HTTPException(404, "no such book")
        return {"isbn": isbn, "title": found[0], "copies": found[1]}

    @app.post("/books/{isbn}/loans", status_code=201)
    async def loans(isbn: str, member: str = Body(embed=True)):
        loan, left = await asyncio.to_thread(lend, database, isbn, member)
        return {"loan": loan, "isbn": isbn, "member": member, "copies_left": left}

    return app


app = create_app("library.db")
