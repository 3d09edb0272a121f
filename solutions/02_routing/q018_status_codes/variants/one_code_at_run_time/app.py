"""The link shortener, which sets every code on the injected response, refusals included."""

from fastapi import FastAPI, Response, status
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


@app.post("/links", status_code=201, response_model=None)
def create(link: NewLink, response: Response):
    if link.slug in LINKS:
        response.status_code = status.HTTP_409_CONFLICT
        return {"detail": "Slug already taken"}
    LINKS[link.slug] = link.url
    response.headers["Location"] = f"http://testserver/links/{link.slug}"
    return link


@app.put("/links/{slug}")
def store(slug: str, target: Target, response: Response):
    if slug in LINKS:
        response.status_code = 200
    else:
        response.status_code = 201
        response.headers["Location"] = f"/links/{slug}"
    LINKS[slug] = target.url
    return NewLink(slug=slug, url=LINKS[slug])


@app.delete("/links/{slug}", status_code=204)
def delete(slug: str, response: Response):
    if slug not in LINKS:
        response.status_code = 404
        return {"detail": "No such link"}
    LINKS.pop(slug)
    return None
