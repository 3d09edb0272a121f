"""Aerial surveys: files of any size, taken a piece at a time."""

import hashlib
import re
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import Annotated, Self

import settings
from fastapi import FastAPI, Header, HTTPException, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

PIECE = 64 * 1024

app = FastAPI()


class Upload:
    """A file of its own, which gets its name when it is complete, and is gone if it never is."""

    def __init__(self) -> None:
        self.file = NamedTemporaryFile(dir=settings.FOLDER, prefix=".upload-", delete=False)  # noqa: SIM115
        self.bytes = 0
        self.sha256 = hashlib.sha256()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.file.close()
        Path(self.file.name).unlink(missing_ok=True)

    def write(self, piece: bytes) -> None:
        self.file.write(piece)
        self.bytes += len(piece)
        self.sha256.update(piece)

    def publish(self, name: str) -> JSONResponse:
        self.file.close()
        target = settings.FOLDER / name
        status = 200 if target.exists() else 201
        Path(self.file.name).replace(target)
        return JSONResponse({"name": name, "bytes": self.bytes, "sha256": self.sha256.hexdigest()}, status)


def checked(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}", name):
        raise HTTPException(422, "Not a name for a scan")
    return name


@app.exception_handler(ClientDisconnect)
def broken_off(request: Request, error: ClientDisconnect) -> Response:
    return Response(status_code=400)


# No parameter needs the body, so nothing of it is taken until it is asked for.
@app.put("/scans/{name}", max_body_size=settings.MAX_BYTES)
async def put_scan(name: str, request: Request, x_content_sha256: Annotated[str | None, Header()] = None) -> Response:
    checked(name)
    with Upload() as upload:
        async for piece in request.stream():
            await run_in_threadpool(upload.write, piece)
        if x_content_sha256 is not None and x_content_sha256.lower() != upload.sha256.hexdigest():
            raise HTTPException(400, "Checksum differs")
        return await run_in_threadpool(upload.publish, name)


# Here the whole form has been taken before the function begins, and max_body_size is what stops it in time.
@app.post("/scans", max_body_size=settings.MAX_BYTES + settings.FORM_OVERHEAD)
def post_scan(file: UploadFile) -> Response:
    name = checked(re.split(r"[/\\]", file.filename or "")[-1])
    if (file.size or 0) > settings.MAX_BYTES:
        raise HTTPException(413, "Content Too Large")
    with Upload() as upload:
        while piece := file.file.read(PIECE):
            upload.write(piece)
        return upload.publish(name)


@app.get("/scans")
def list_scans() -> list[str]:
    return sorted(path.name for path in settings.FOLDER.iterdir() if not path.name.startswith("."))
