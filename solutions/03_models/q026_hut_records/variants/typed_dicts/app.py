"""The huts of an alpine club, with typed dictionaries: a key that is missing stays missing."""

from datetime import date
from typing import Annotated

import huts
from fastapi import Body, FastAPI, HTTPException
from pydantic import ConfigDict, Field
from typing_extensions import NotRequired, TypedDict

app = FastAPI()


class Entry(TypedDict):
    id: str
    name: str
    height: int


class ForHikers(TypedDict):
    duty: NotRequired[str | None]


class Warden(TypedDict, total=False):
    __pydantic_config__ = ConfigDict(extra="forbid")

    duty: str | None
    phone: str | None


class Hut(Entry):
    beds: NotRequired[int]
    water: NotRequired[bool | None]
    closed_until: NotRequired[date | None]
    warden: NotRequired[ForHikers | None]


class StaffHut(Entry):
    beds: NotRequired[int]
    water: NotRequired[bool | None]
    closed_until: NotRequired[date | None]
    warden: NotRequired[Warden | None]
    door_code: NotRequired[str | None]


class Patch(TypedDict, total=False):
    __pydantic_config__ = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=60)]
    height: int
    beds: Annotated[int, Field(ge=0)]
    water: bool | None
    closed_until: date | None
    warden: Warden | None
    door_code: str | None


def row_of(hut_id):
    row = huts.huts.get(hut_id)
    if row is None:
        raise HTTPException(404, f"No hut {hut_id}")
    return row


@app.get("/huts", response_model=list[Entry])
async def index():
    return [row | {"id": hut_id} for hut_id, row in huts.huts.items()]


@app.get("/huts/{hut_id}", response_model=Hut)
async def show(hut_id: str):
    return row_of(hut_id) | {"id": hut_id}


@app.get("/staff/huts/{hut_id}", response_model=StaffHut)
async def show_all(hut_id: str):
    return row_of(hut_id) | {"id": hut_id}


@app.patch("/staff/huts/{hut_id}", response_model=StaffHut)
async def change(hut_id: str, patch: Annotated[Patch, Body()]):
    row = row_of(hut_id)
    for fact, value in patch.items():
        if isinstance(value, dict) and isinstance(row.get(fact), dict):
            row[fact] = row[fact] | value
        else:
            row[fact] = value
    return row | {"id": hut_id}
