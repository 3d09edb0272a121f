"""The ticket screen of a bakery, in as many processes as you like."""

import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager

from fastapi import FastAPI


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(os.environ["TICKETS_DB"], timeout=10, isolation_level=None)) as connection:
        yield connection


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    # Every worker does this, perhaps at the same moment; only the first one changes anything.
    with database() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, number INTEGER NOT NULL)")
        connection.execute("INSERT OR IGNORE INTO counter (id, number) VALUES (1, 0)")
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/tickets", status_code=201)
def take_a_ticket() -> dict[str, int]:
    with database() as connection:
        # One statement: whoever else wants a number waits until this one is written.
        [(number,)] = connection.execute("UPDATE counter SET number = number + 1 RETURNING number").fetchall()
    return {"number": number, "worker": os.getpid()}


@app.get("/tickets/last")
def last_ticket() -> dict[str, int]:
    with database() as connection:
        [(number,)] = connection.execute("SELECT number FROM counter").fetchall()
    return {"number": number}
