"""The ticket screen of a bakery: read, add and write, with the lock taken before the first of them."""

import os
import sqlite3
from contextlib import closing

from fastapi import FastAPI

app = FastAPI()


def open_database():
    return closing(sqlite3.connect(os.environ["TICKETS_DB"], isolation_level=None))


def last_number(connection):
    row = connection.execute("SELECT max(number) FROM numbers").fetchone()
    return row[0] or 0


with open_database() as at_import:
    at_import.execute("CREATE TABLE IF NOT EXISTS numbers (number INTEGER)")


@app.post("/tickets", status_code=201)
def take_a_ticket():
    with open_database() as connection:
        connection.execute("BEGIN IMMEDIATE")
        number = last_number(connection) + 1
        connection.execute("INSERT INTO numbers VALUES (?)", (number,))
        connection.execute("COMMIT")
    return {"number": number, "worker": os.getpid()}


@app.get("/tickets/last")
def last_ticket():
    with open_database() as connection:
        return {"number": last_number(connection)}
