import os
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

SITE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "site")

BOOKS = [
    {"id": 1, "title": "Moby-Dick", "cover": "moby-dick.jpg"},
    {"id": 2, "title": "Emma", "cover": "penguin/emma.png"},
]


@asynccontextmanager
async def lifespan(app):
    # Covers are mounted once it is known where they are, and still before the site, which takes everything.
    app.mount("/covers", StaticFiles(directory=os.environ["COVERS_DIR"]), name="covers")
    app.mount("/", StaticFiles(directory=SITE, html=True), name="site")
    yield


app = FastAPI(lifespan=lifespan)


@app.exception_handler(404)
async def not_found(request: Request, error: HTTPException):
    path = request.scope["path"]
    page = "text/html" in request.headers.get("accept", "") and not path.startswith(("/api/", "/covers/"))
    return FileResponse(os.path.join(SITE, "index.html")) if page else await http_exception_handler(request, error)


@app.get("/api/books")
async def books(request: Request):
    covers = str(request.url_for("covers", path=""))
    return [
        {"id": book["id"], "title": book["title"], "cover_url": covers.rstrip("/") + "/" + book["cover"]}
        for book in BOOKS
    ]


@app.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
async def not_here(rest: str):
    raise HTTPException(404)
