"""Readings of seismographs, with a response that closes what it streams from, and a handler for unknown stations."""

import csv
import json

from archive import BATCH, open_cursor
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, StreamingResponse

app = FastAPI()


class Export(StreamingResponse):
    def __init__(self, cursor, pieces, **options):
        super().__init__(pieces, **options)
        self.cursor = cursor

    async def __call__(self, scope, receive, send):
        try:
            await super().__call__(scope, receive, send)
        finally:
            await run_in_threadpool(self.cursor.close)


class Echo:
    def write(self, text):
        return text


@app.exception_handler(LookupError)
def no_such_station(request: Request, error: LookupError):
    return JSONResponse({"detail": "No such station"}, 404)


def rows_of(cursor):
    while rows := cursor.fetch(count=BATCH):
        yield from rows


def as_csv(cursor):
    writer = csv.writer(Echo(), quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    yield writer.writerow(["time", "micrometres", "note"])
    for row in rows_of(cursor):
        yield writer.writerow(row)


def as_json_lines(cursor):
    for time, micrometres, note in rows_of(cursor):
        line = {"note": note, "micrometres": micrometres, "time": time}
        yield json.dumps(line).encode() + b"\n"


@app.get("/stations/{station}/readings.{kind}")
def readings(station: str, kind: str):
    if kind == "csv":
        cursor = open_cursor(station)
        disposition = f'attachment; filename="{station}.csv"'
        return Export(cursor, as_csv(cursor), media_type="text/csv", headers={"content-disposition": disposition})
    cursor = open_cursor(station)
    return Export(cursor, as_json_lines(cursor), media_type="application/jsonl")
