"""The link shortener."""

from fastapi import FastAPI, HTTPException, Response, status
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


# Success always means 201 here, so the decorator says it, and the docs know it.
@app.post("/links", status_code=status.HTTP_201_CREATED)
def create(link: NewLink, response: Response) -> NewLink:
    if link.slug in LINKS:
        raise HTTPException(status.HTTP_409_CONFLICT, "Slug already taken")
    LINKS[link.slug] = link.url
    response.headers["Location"] = f"/links/{link.slug}"
    return link


@app.put("/links/{slug}", responses={status.HTTP_201_CREATED: {"model": NewLink}})
def store(slug: str, target: Target, response: Response) -> NewLink:
    # Only the running request knows whether the slug was free; the default stays 200.
    if slug not in LINKS:
        response.status_code = status.HTTP_201_CREATED
        response.headers["Location"] = f"/links/{slug}"
    LINKS[slug] = target.url
    return NewLink(slug=slug, url=target.url)


@app.delete("/links/{slug}", status_code=status.HTTP_204_NO_CONTENT)
def delete(slug: str) -> None:
    if slug not in LINKS:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "No such link")
    del LINKS[slug]
