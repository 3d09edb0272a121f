"""Readings of seismographs, as plain ASGI: the next batch is fetched while the client takes the last one."""

import csv
import io
import json

import anyio
import anyio.to_thread
import archive
from fastapi import FastAPI, HTTPException


def csv_of(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def json_lines_of(rows):
    names = ("time", "micrometres", "note")
    return "".join(json.dumps(dict(zip(names, row)), ensure_ascii=False) + "\n" for row in rows).encode()


class Export:
    def __init__(self, cursor, written, headers, first=b""):
        self.cursor, self.written, self.headers, self.first = cursor, written, headers, first

    async def __call__(self, scope, receive, send):
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self.watch, receive, group.cancel_scope)
                await self.stream(send)
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self.cursor.close)

    async def watch(self, receive, scope):
        while (await receive())["type"] != "http.disconnect":
            pass
        scope.cancel()

    async def stream(self, send):
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        if self.first:
            await send({"type": "http.response.body", "body": self.first, "more_body": True})
        rows = await self.fetch()
        while rows:
            ahead = []
            async with anyio.create_task_group() as group:
                group.start_soon(self.fetch_into, ahead)
                await send({"type": "http.response.body", "body": self.written(rows), "more_body": True})
            rows = ahead[0]
        await send({"type": "http.response.body"})

    async def fetch(self):
        return await anyio.to_thread.run_sync(self.cursor.fetch, archive.BATCH)

    async def fetch_into(self, ahead):
        ahead.append(await self.fetch())


app = FastAPI()


def opened(station):
    try:
        return archive.open_cursor(station)
    except LookupError:
        raise HTTPException(404, detail="No such station") from None


# FastAPI hands on whatever is a Response; this is none, so it is called by a route of its own kind.
async def readings(scope, receive, send):
    station, kind = scope["path_params"]["station"], scope["path_params"]["kind"]
    cursor = await anyio.to_thread.run_sync(opened, station)
    if kind == "csv":
        headers = [
            (b"content-type", b"text/csv; charset=utf-8"),
            (b"content-disposition", f'attachment; filename="{station}.csv"'.encode()),
        ]
        export = Export(cursor, csv_of, headers, b"time,micrometres,note\r\n")
    else:
        export = Export(cursor, json_lines_of, [(b"content-type", b"application/jsonl")])
    await export(scope, receive, send)


class Readings:
    async def __call__(self, scope, receive, send):
        await readings(scope, receive, send)


app.router.add_route("/stations/{station}/readings.{kind}", Readings())
