"""The ticket screen of a bakery: each ticket is a row, and SQLite numbers the rows."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import aiosqlite
from fastapi import Depends, FastAPI


async def database() -> AsyncIterator[aiosqlite.Connection]:
    async with aiosqlite.connect(os.environ["TICKETS_DB"]) as connection:
        yield connection


Database = Annotated[aiosqlite.Connection, Depends(database)]


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    async with aiosqlite.connect(os.environ["TICKETS_DB"]) as connection:
        await connection.execute("CREATE TABLE IF NOT EXISTS tickets (number INTEGER PRIMARY KEY AUTOINCREMENT)")
        await connection.commit()
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/tickets", status_code=201)
async def take_a_ticket(connection: Database) -> dict[str, int]:
    cursor = await connection.execute("INSERT INTO tickets DEFAULT VALUES")
    await connection.commit()
    return {"number": cursor.lastrowid or 0, "worker": os.getpid()}


@app.get("/tickets/last")
async def last_ticket(connection: Database) -> dict[str, int]:
    async with connection.execute("SELECT coalesce(max(number), 0) FROM tickets") as cursor:
        row = await cursor.fetchone()
    return {"number": row[0] if row else 0}
