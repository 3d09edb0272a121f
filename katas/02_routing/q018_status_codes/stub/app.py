"""The link shortener. README.md tells which code belongs to which ending."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()

# A slug, the short name in the address, and where it leads.
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


# Your three routes go here.
