"""Aerial surveys, with limits that are counted by hand, and a middleware for the forms."""

import asyncio
import hashlib
import os
import re
import tempfile

import settings
from fastapi import FastAPI, HTTPException, Request, UploadFile
from fastapi.responses import JSONResponse


class FormLimit:
    """Counts what is taken of a form."""

    def __init__(self, app):
        self.app = app
        self.limit = settings.MAX_BYTES + settings.FORM_OVERHEAD

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] != "POST":
            return await self.app(scope, receive, send)
        if announced(dict(scope["headers"]).get(b"content-length")) > self.limit:
            return await JSONResponse({"detail": "Too large"}, 413)(scope, receive, send)
        total = 0

        async def counted():
            nonlocal total
            message = await receive()
            total += len(message.get("body", b""))
            if total > self.limit:
                raise HTTPException(413, "Too large")
            return message

        await self.app(scope, counted, send)


app = FastAPI()
app.add_middleware(FormLimit)


def announced(header):
    try:
        return int(header)
    except (TypeError, ValueError):
        return 0


def is_name(text):
    return re.match(r"[a-z0-9_-][a-z0-9._-]{0,99}\Z", text, re.IGNORECASE | re.ASCII) is not None


def publish(path, name, size, digest):
    target = settings.FOLDER / name
    existed = os.path.exists(target)
    os.rename(path, target)
    return JSONResponse({"name": name, "bytes": size, "sha256": digest}, 200 if existed else 201)


@app.put("/scans/{name}")
async def put_scan(name: str, request: Request):
    if not is_name(name):
        raise HTTPException(422, "Improper name")
    if announced(request.headers.get("content-length")) > settings.MAX_BYTES:
        raise HTTPException(413, "Too large")
    handle, path = tempfile.mkstemp(dir=settings.FOLDER, prefix=".upload-")
    digest, size, done = hashlib.sha256(), 0, False
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > settings.MAX_BYTES:
                raise HTTPException(413, "Too large")
            digest.update(piece)
            os.write(handle, piece)
        wanted = request.headers.get("x-content-sha256")
        if wanted and wanted.lower() != digest.hexdigest():
            raise HTTPException(400, "Checksum differs")
        response = publish(path, name, size, digest.hexdigest())
        done = True
        return response
    finally:
        os.close(handle)
        if not done:
            os.remove(path)


@app.post("/scans")
async def post_scan(file: UploadFile):
    name = file.filename.replace("\\", "/").rpartition("/")[2]
    if not is_name(name):
        raise HTTPException(422, "Improper name")
    if file.size > settings.MAX_BYTES:
        raise HTTPException(413, "Too large")
    handle, path = tempfile.mkstemp(dir=settings.FOLDER, prefix=".upload-")
    digest = hashlib.sha256()
    try:
        with open(handle, "wb") as out:
            while piece := await file.read(1024 * 1024):
                digest.update(piece)
                await asyncio.to_thread(out.write, piece)
        return publish(path, name, file.size, digest.hexdigest())
    except BaseException:
        os.remove(path)
        raise


@app.get("/scans")
async def list_scans():
    return sorted(filter(is_name, os.listdir(settings.FOLDER)))
