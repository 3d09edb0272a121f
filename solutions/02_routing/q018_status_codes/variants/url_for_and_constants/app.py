"""The link shortener, with HTTPStatus and a whole address from url_for."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Path, Request, Response
from pydantic import BaseModel

app = FastAPI()

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


@app.post("/links", status_code=HTTPStatus.CREATED, responses={HTTPStatus.CONFLICT: {"description": "Slug taken"}})
async def create(link: Annotated[NewLink, Body()], request: Request, response: Response) -> dict[str, str]:
    if link.slug in LINKS:
        raise HTTPException(status_code=HTTPStatus.CONFLICT, detail="Slug already taken")
    LINKS[link.slug] = link.url
    response.headers["location"] = str(request.url_for("store", slug=link.slug))
    return link.model_dump()


@app.put("/links/{slug}", status_code=HTTPStatus.CREATED)
async def store(slug: Annotated[str, Path()], target: Target, request: Request, response: Response) -> dict[str, str]:
    if slug in LINKS:
        response.status_code = HTTPStatus.OK
    else:
        response.headers["location"] = str(request.url_for("store", slug=slug))
    LINKS[slug] = target.url
    return {"slug": slug, "url": target.url}


@app.delete("/links/{slug}", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
async def delete(slug: Annotated[str, Path()]):
    try:
        del LINKS[slug]
    except KeyError:
        raise HTTPException(status_code=HTTPStatus.NOT_FOUND, detail="No such link") from None
