"""Aerial surveys, with a dependency that owns the file, and limits on routers."""

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import settings
from fastapi import APIRouter, Depends, FastAPI, Header, HTTPException, Request, Response, UploadFile
from fastapi import Path as InPath
from pydantic import BaseModel, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_\-][A-Za-z0-9._\-]{0,99}$")]


class Scan(BaseModel):
    name: Name
    bytes: int
    sha256: str


def draft():
    file = tempfile.NamedTemporaryFile("w+b", prefix=".upload-", dir=settings.FOLDER, delete=False)
    path = Path(file.name)
    try:
        with file:
            yield file
    finally:
        path.unlink(missing_ok=True)


Draft = Annotated[object, Depends(draft)]


def settle(file, name, response):
    file.flush()
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = file.seek(0, 2)
    target = settings.FOLDER / name
    response.status_code = 200 if target.is_file() else 201
    Path(file.name).replace(target)
    return Scan(name=name, bytes=size, sha256=digest)


streams = APIRouter(max_body_size=settings.MAX_BYTES)
forms = APIRouter(max_body_size=settings.MAX_BYTES + settings.FORM_OVERHEAD)


@streams.put("/scans/{name}")
async def put_scan(
    name: Annotated[Name, InPath()],
    file: Draft,
    request: Request,
    response: Response,
    checksum: Annotated[str, Header(alias="X-Content-SHA256")] = "",
) -> Scan:
    digest = hashlib.sha256()
    async for piece in request.stream():
        file.write(piece)
        digest.update(piece)
    if checksum and checksum.casefold() != digest.hexdigest():
        raise HTTPException(status_code=400, detail="Checksum differs")
    return settle(file, name, response)


def small_enough(file: UploadFile):
    if file.size > settings.MAX_BYTES:
        raise HTTPException(status_code=413)
    return file


@forms.post("/scans")
def post_scan(upload: Annotated[UploadFile, Depends(small_enough)], file: Draft, response: Response) -> Scan:
    name = upload.filename.split("/")[-1].split("\\")[-1]
    try:
        Scan(name=name, bytes=0, sha256="")
    except ValueError:
        raise HTTPException(status_code=422, detail="Improper name") from None
    shutil.copyfileobj(upload.file, file)
    return settle(file, name, response)


app = FastAPI()
app.include_router(streams)
app.include_router(forms)


@app.get("/scans")
def list_scans() -> list[str]:
    return sorted(path.name for path in settings.FOLDER.glob("[!.]*"))
