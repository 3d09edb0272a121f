"""The link shortener, in a router, with exceptions of its own and url_path_for."""

from fastapi import APIRouter, FastAPI, Request, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel

app = FastAPI()
router = APIRouter(prefix="/links", tags=["links"])

LINKS = {
    "menu": "https://ramen-oda.example/menu/winter",
    "tickets": "https://puppet-theatre.example/season/tickets",
    "route-9": "https://bus.example/lines/9/timetable",
}


class Target(BaseModel):
    url: str


class NewLink(BaseModel):
    slug: str
    url: str


class RefusedError(Exception):
    def __init__(self, code: int, detail: str) -> None:
        self.code = code
        self.detail = detail


@app.exception_handler(RefusedError)
def refuse(_request: Request, error: RefusedError) -> JSONResponse:
    return JSONResponse({"detail": error.detail}, error.code)


def created(slug: str) -> JSONResponse:
    place = app.url_path_for("store_link", slug=slug)
    return JSONResponse({"slug": slug, "url": LINKS[slug]}, status.HTTP_201_CREATED, {"Location": place})


@router.post("", status_code=status.HTTP_201_CREATED, response_model=NewLink)
def create(link: NewLink):
    if link.slug in LINKS:
        raise RefusedError(status.HTTP_409_CONFLICT, "Slug already taken")
    LINKS.update({link.slug: link.url})
    return created(link.slug)


@router.put("/{slug}", name="store_link", response_model=NewLink)
def store(slug: str, target: Target):
    known = slug in LINKS
    LINKS[slug] = target.url
    return {"slug": slug, "url": target.url} if known else created(slug)


@router.delete("/{slug}", status_code=status.HTTP_204_NO_CONTENT)
def delete(slug: str):
    if slug not in LINKS:
        raise RefusedError(status.HTTP_404_NOT_FOUND, "No such link")
    del LINKS[slug]


app.include_router(router)
