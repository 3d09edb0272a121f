"""Readings of seismographs: a dependency owns the cursor, and the answer is made batch by batch."""

import csv
import io
from collections.abc import Iterator
from typing import Annotated

import archive
from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

app = FastAPI()


class Reading(BaseModel):
    time: str
    micrometres: int
    note: str


def cursor_of(station: str) -> Iterator[archive.Cursor]:
    """Open the cursor before the status line goes out, and close it when the answer is over, in whatever way."""
    try:
        cursor = archive.open_cursor(station)
    except LookupError:
        raise HTTPException(404, "No such station") from None
    try:
        yield cursor
    finally:
        cursor.close()


TheCursor = Annotated[archive.Cursor, Depends(cursor_of)]


def batches(cursor: archive.Cursor) -> Iterator[list[archive.Row]]:
    while rows := cursor.fetch(archive.BATCH):
        yield rows


def csv_pieces(cursor: archive.Cursor) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(Reading.model_fields)
    for rows in batches(cursor):
        writer.writerows(rows)
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


@app.get("/stations/{station}/readings.csv")
def readings_as_csv(station: str, cursor: TheCursor) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{station}.csv"'}
    return StreamingResponse(csv_pieces(cursor), media_type="text/csv", headers=headers)


# A `def` endpoint that yields is streamed as JSON Lines, and runs in the thread pool piece by piece.
@app.get("/stations/{station}/readings.jsonl")
def readings_as_json_lines(cursor: TheCursor) -> Iterator[Reading]:
    for rows in batches(cursor):
        for time, micrometres, note in rows:
            yield Reading(time=time, micrometres=micrometres, note=note)
