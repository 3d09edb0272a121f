import os
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).resolve().parent

BOOKS = [
    {"id": 1, "title": "Moby-Dick", "cover": "moby-dick.jpg"},
    {"id": 2, "title": "Emma", "cover": "penguin/emma.png"},
]


class Book(BaseModel):
    id: int
    title: str
    cover_url: str


class Site(StaticFiles):
    """Gives index.html to browsers that ask for a page it has not."""

    async def get_response(self, path, scope):
        try:
            return await super().get_response(path, scope)
        except HTTPException as error:
            accept = Request(scope).headers.get("accept", "")
            if error.status_code == 404 and "text/html" in accept:
                return await super().get_response("index.html", scope)
            raise


api = APIRouter(prefix="/api")


@api.get("/books")
async def books(request: Request) -> list[Book]:
    return [
        Book(id=b["id"], title=b["title"], cover_url=str(request.url_for("covers", path=b["cover"]))) for b in BOOKS
    ]


@api.get("/{path:path}")
@api.post("/{path:path}")
async def unknown(path: str):
    raise HTTPException(status_code=404, detail="Not Found")


app = FastAPI(docs_url=None, redoc_url=None)
app.include_router(api)
app.mount("/covers", StaticFiles(directory=Path(os.environ["COVERS_DIR"])), name="covers")
app.mount("/", Site(directory=HERE / "site", html=True), name="site")
