"""The newspaper archive, with literals, coroutines and response models."""

from typing import Annotated, Literal

from fastapi import FastAPI, Path
from pydantic import BaseModel

app = FastAPI()

Edition = Literal["morning", "evening", "sunday"]


class Issue(BaseModel):
    edition: Edition
    number: int
    label: str
    first_page: int


class Scan(BaseModel):
    file: str
    folders: list[str]
    name: str


@app.get("/issues/{edition}/{number}")
async def read_issue(edition: Edition, number: Annotated[int, Path(gt=0)]) -> Issue:
    return Issue(edition=edition, number=number, label=f"{edition}-{number}", first_page=number * 32 - 31)


@app.get("/boxes/{box}")
async def read_box(box: Annotated[str, Path(description="What the label says")]) -> dict[str, str]:
    return {"box": box}


@app.get("/scans/{file:path}")
async def read_scan(file: str) -> Scan:
    folders, _, name = file.rpartition("/")
    return Scan(file=file, folders=folders.split("/") if folders else [], name=name)
