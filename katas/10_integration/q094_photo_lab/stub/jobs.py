"""What web processes and workers both know about the jobs: a SQLite file. Given; do not edit."""

import os
import sqlite3

COLUMNS = ("id", "negative", "copies", "state", "attempts", "result", "error")
TABLE = "id TEXT PRIMARY KEY, negative TEXT, copies INTEGER, state TEXT, attempts INTEGER, result TEXT, error TEXT"
INSERT = "INSERT INTO jobs VALUES (?, ?, ?, 'queued', 0, NULL, NULL) ON CONFLICT DO NOTHING RETURNING id"


def _db() -> sqlite3.Connection:
    db = sqlite3.connect(os.environ.get("JOBS_DB", "jobs.db"), timeout=10, isolation_level=None)
    db.execute(f"CREATE TABLE IF NOT EXISTS jobs ({TABLE})")
    return db


def _run(sql: str, *values) -> list[tuple]:
    db = _db()
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def add(job_id: str, negative: str, copies: int) -> bool:
    """Remember a new job, state queued. False: that id exists already, nothing changes."""
    return bool(_run(INSERT, job_id, negative, copies))


def get(job_id: str) -> dict | None:
    """The job with all its fields, or None."""
    rows = _run("SELECT * FROM jobs WHERE id = ?", job_id)
    return dict(zip(COLUMNS, rows[0], strict=True)) if rows else None


def update(job_id: str, **fields) -> None:
    """update(id, state="done", result="tray/7")"""
    names = ", ".join(f"{name} = ?" for name in fields)
    _run(f"UPDATE jobs SET {names} WHERE id = ?", *fields.values(), job_id)  # noqa: S608 - names of columns


def remove(job_id: str) -> None:
    _run("DELETE FROM jobs WHERE id = ?", job_id)
