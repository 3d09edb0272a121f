"""The huts of an alpine club, in routers, with instances that know which of their fields were set."""

from datetime import date
from typing import Annotated

import huts
from fastapi import APIRouter, Body, FastAPI, HTTPException, Path
from pydantic import BaseModel, Field, NonNegativeInt, RootModel

app = FastAPI()
hikers = APIRouter(prefix="/huts", tags=["hikers"])
staff = APIRouter(prefix="/staff/huts", tags=["staff"])


class Short(BaseModel):
    id: str
    name: str
    height: int


class ShortList(RootModel[list[Short]]):
    pass


class Duty(BaseModel):
    duty: str | None = None


class Contact(Duty, extra="forbid"):
    phone: str | None = None


class Facts(BaseModel, extra="forbid"):
    name: Annotated[str, Field(min_length=1, max_length=60)] = Field(default_factory=str)
    height: int = Field(default_factory=int)
    beds: NonNegativeInt = Field(default_factory=int)
    water: bool | None = None
    closed_until: date | None = None
    warden: Contact | None = None
    door_code: str | None = None


class StaffHut(Facts, extra="forbid"):
    id: str


class HikersHut(BaseModel):
    id: str
    name: str
    height: int
    beds: int | None = None
    water: bool | None = None
    closed_until: date | None = None
    warden: Duty | None = None


def load(hut_id: str) -> StaffHut:
    if (row := huts.huts.get(hut_id)) is None:
        raise HTTPException(404, "unknown")
    return StaffHut.model_validate({"id": hut_id, **row})


@hikers.get("")
def index() -> ShortList:
    return ShortList([Short(id=key, **row) for key, row in huts.huts.items()])


@hikers.get("/{hut}", response_model_exclude_unset=True)
def one(hut: Annotated[str, Path()]) -> HikersHut:
    return HikersHut(**load(hut).model_dump(exclude_unset=True))


@staff.get("/{hut}", response_model_exclude_unset=True)
def one_for_staff(hut: Annotated[str, Path()]) -> StaffHut:
    return load(hut)


@staff.patch("/{hut}", response_model_exclude_unset=True)
def patch(hut: Annotated[str, Path()], facts: Annotated[Facts, Body()]) -> StaffHut:
    record = load(hut)
    for name in facts.model_fields_set - {"warden"}:
        setattr(record, name, getattr(facts, name))
    if "warden" in facts.model_fields_set:
        if facts.warden is None or record.warden is None:
            record.warden = facts.warden
        else:
            record.warden = record.warden.model_copy(update=facts.warden.model_dump(exclude_unset=True))
    huts.huts[hut] = record.model_dump(mode="json", exclude_unset=True, exclude={"id"})
    return record


app.include_router(hikers)
app.include_router(staff)
