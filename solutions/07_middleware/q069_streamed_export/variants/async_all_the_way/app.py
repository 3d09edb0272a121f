"""Readings of seismographs, with coroutines that send each blocking call to a thread, and several messages to a batch."""

import csv
from collections.abc import AsyncIterable, AsyncIterator
from io import StringIO
from itertools import islice
from typing import Annotated, Any

import archive
from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from starlette.concurrency import iterate_in_threadpool

router = APIRouter(prefix="/stations/{station}")


async def opened(station: str) -> AsyncIterator[archive.Cursor]:
    try:
        cursor = await run_in_threadpool(archive.open_cursor, station)
    except LookupError as unknown:
        raise HTTPException(status_code=404, detail="No such station") from unknown
    try:
        yield cursor
    finally:
        await run_in_threadpool(cursor.close)


Opened = Annotated[Any, Depends(opened)]


def text_of(rows) -> str:
    text = StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(rows)
    return text.getvalue()


async def pieces(cursor) -> AsyncIterator[bytes]:
    yield b"time,micrometres,note\r\n"
    while True:
        batch = await run_in_threadpool(cursor.fetch, archive.BATCH)
        if not batch:
            return
        rows = iter(batch)
        while some := list(islice(rows, 7)):
            text = text_of(some).encode()
            # Nothing says that a piece has to end with a row.
            yield text[:30]
            yield text[30:]


@router.get("/readings.csv", response_class=StreamingResponse)
async def readings_csv(station: str, cursor: Opened):
    response = StreamingResponse(pieces(cursor), headers={"Content-Type": "text/csv; charset=utf-8"})
    response.headers["Content-Disposition"] = f'attachment; filename="{station}.csv"'
    return response


def rows_of(cursor):
    while rows := cursor.fetch(archive.BATCH):
        yield from rows


@router.get("/readings.jsonl")
async def readings_jsonl(cursor: Opened) -> AsyncIterable[dict[str, str | int]]:
    async for time, micrometres, note in iterate_in_threadpool(rows_of(cursor)):
        yield {"time": time, "micrometres": micrometres, "note": note}


app = FastAPI()
app.include_router(router)
