import hashlib
import mimetypes
import os
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

app = FastAPI()
SITE = (Path(__file__).parent / "site").resolve()

BOOKS = [
    {"id": 1, "title": "Moby-Dick", "cover": "moby-dick.jpg"},
    {"id": 2, "title": "Emma", "cover": "penguin/emma.png"},
]


def inside(folder: Path, path: str) -> Path | None:
    try:
        target = folder.joinpath(path).resolve()
        return target if target.is_relative_to(folder) and target.exists() else None
    except (OSError, ValueError):
        return None


def send(file: Path, request: Request) -> Response:
    content = file.read_bytes()
    headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()}"'}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers=headers)


def missing() -> Response:
    return JSONResponse({"detail": "Not Found"}, status_code=404)


@app.get("/api/books")
def books(request: Request):
    return [{"id": b["id"], "title": b["title"], "cover_url": f"{request.base_url}covers/{b['cover']}"} for b in BOOKS]


@app.get("/covers/{path:path}")
def cover(path: str, request: Request):
    file = inside(Path(os.environ["COVERS_DIR"]).resolve(), path)
    return send(file, request) if file and file.is_file() else missing()


@app.post("/api/{path:path}")
def no_post(path: str):
    return missing()


@app.get("/{path:path}")
def page(path: str, request: Request):
    if path == "api" or path.startswith("api/"):
        return missing()
    target = inside(SITE, path)
    if target and target.is_dir() and (target / "index.html").is_file():
        if path and not path.endswith("/"):
            return RedirectResponse(f"/{path}/", 308)
        target = target / "index.html"
    if target and target.is_file():
        return send(target, request)
    if "text/html" in request.headers.get("accept", ""):
        return send(SITE / "index.html", request)
    return missing()
