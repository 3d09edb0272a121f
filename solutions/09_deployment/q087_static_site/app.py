"""The library's catalogue: an API, its front end, and a folder of covers."""

import os
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.staticfiles import StaticFiles

app = FastAPI()

BOOKS = [
    {"id": 1, "title": "Moby-Dick", "cover": "moby-dick.jpg"},
    {"id": 2, "title": "Emma", "cover": "penguin/emma.png"},
]


@app.get("/api/books")
def books(request: Request):
    return [
        {"id": book["id"], "title": book["title"], "cover_url": str(request.url_for("covers", path=book["cover"]))}
        for book in BOOKS
    ]


# Comes before the front end, whose index.html would be the answer otherwise.
@app.api_route("/api/{rest:path}", methods=["GET", "POST"], include_in_schema=False)
def no_such_endpoint(rest: str):
    raise HTTPException(404)


app.mount("/covers", StaticFiles(directory=os.environ["COVERS_DIR"]), name="covers")
app.frontend("/", directory=Path(__file__).parent / "site", fallback="index.html")
