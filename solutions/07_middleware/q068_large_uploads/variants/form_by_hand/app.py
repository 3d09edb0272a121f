"""Aerial surveys, with a limit of the whole app, a form that is asked for by hand, and a thread that writes."""

import asyncio
import contextlib
import hashlib
import os
import re
import uuid

import settings
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

NAME = re.compile("[a-zA-Z0-9_-][a-zA-Z0-9_.-]{,99}")
app = FastAPI(max_body_size=settings.MAX_BYTES + settings.FORM_OVERHEAD)


def proper(name):
    if not NAME.fullmatch(name):
        raise HTTPException(422, f"{name!r} is no name for a scan")
    return name


@contextlib.asynccontextmanager
async def arriving():
    path = settings.FOLDER / f".upload-{uuid.uuid4().hex}"
    file = path.open("xb", buffering=0)
    try:
        yield file, path
    except asyncio.CancelledError:
        raise
    finally:
        file.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)


async def store(pieces, name, checksum=None):
    digest, size = hashlib.sha256(), 0
    async with arriving() as (file, path):
        async for piece in pieces:
            await asyncio.to_thread(file.write, piece)
            await asyncio.to_thread(digest.update, piece)
            size += len(piece)
        if checksum is not None and bytes.fromhex(checksum) != digest.digest():
            raise HTTPException(400, "Checksum differs")
        status = 201
        with contextlib.suppress(OSError):
            os.stat(settings.FOLDER / name)
            status = 200
        os.replace(path, settings.FOLDER / name)
    return JSONResponse({"sha256": digest.hexdigest(), "bytes": size, "name": name}, status_code=status)


@app.put("/scans/{name}", max_body_size=settings.MAX_BYTES)
async def put_scan(name: str, request: Request):
    return await store(request.stream(), proper(name), request.headers.get("x-content-sha256"))


async def read(file):
    while piece := await file.read(256 * 1024):
        yield piece


@app.post("/scans")
async def post_scan(request: Request):
    async with request.form() as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise HTTPException(422, "There is no file in the field `file`")
        name = proper(re.sub(r".*[/\\]", "", file.filename, flags=re.DOTALL))
        if file.size > settings.MAX_BYTES:
            raise HTTPException(413, "Too large")
        return await store(read(file), name)


@app.get("/scans")
async def list_scans():
    with os.scandir(settings.FOLDER) as entries:
        return sorted(entry.name for entry in entries if NAME.fullmatch(entry.name))
