"""The link shortener, with responses built and returned by hand, and plain integers."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
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


def shown(slug: str) -> dict[str, str]:
    return {"slug": slug, "url": LINKS[slug]}


@app.post("/links", status_code=201)
async def create(link: NewLink):
    if link.slug in LINKS:
        return JSONResponse({"detail": "Slug already taken"}, status_code=409)
    LINKS[link.slug] = link.url
    return JSONResponse(shown(link.slug), status_code=201, headers={"Location": f"/links/{link.slug}"})


@app.put("/links/{slug}")
async def store(slug: str, target: Target):
    is_new = slug not in LINKS
    LINKS[slug] = target.url
    if is_new:
        return JSONResponse(shown(slug), status_code=201, headers={"Location": f"/links/{slug}"})
    return shown(slug)


@app.delete("/links/{slug}", status_code=204)
async def delete(slug: str):
    if LINKS.pop(slug, None) is None:
        return JSONResponse({"detail": "No such link"}, status_code=404)
    return Response(status_code=204)
