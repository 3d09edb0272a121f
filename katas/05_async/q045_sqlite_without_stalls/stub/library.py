"""The library's file. Given; leave it as it is.

python library.py         makes library.db anew, with three books
python library.py lock    locks it for twenty seconds, as the nightly job does
"""

import sqlite3
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

SCHEMA = """
CREATE TABLE books (isbn TEXT PRIMARY KEY, title TEXT NOT NULL, copies INTEGER NOT NULL);
CREATE TABLE loans (
  id INTEGER PRIMARY KEY, isbn TEXT NOT NULL, member TEXT NOT NULL, UNIQUE (isbn, member)
);
"""


def create_database(path: str, books: Iterable[tuple[str, str, int]]) -> None:
    """Make the file with its tables and these books: ISBN, title, number of copies that are in."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(SCHEMA)
        db.executemany("INSERT INTO books VALUES (?, ?, ?)", books)
        db.commit()


if __name__ == "__main__":
    if sys.argv[1:] == ["lock"]:
        with closing(sqlite3.connect("library.db", isolation_level=None)) as db:
            db.execute("BEGIN EXCLUSIVE")
            print("library.db is locked")
            time.sleep(20)
    else:
        Path("library.db").unlink(missing_ok=True)
        books = [("0-575-04800-2", "Mort", 2), ("0-262-51087-1", "SICP", 1), ("1-85723-138-8", "Use of Weapons", 0)]
        create_database("library.db", books)
