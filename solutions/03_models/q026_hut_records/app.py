"""The huts of an alpine club: what goes out, and what a patch may touch."""

from datetime import date
from typing import Annotated, Any

import huts
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI()


# One model for each audience says which fields there are. Most have a default because they may be missing, but no
# default is ever sent: with response_model_exclude_unset only those fields go out that the row really has.
class HutInList(BaseModel):
    id: str
    name: str
    height: int


class PublicWarden(BaseModel):
    duty: str | None = None


class PublicHut(HutInList):
    beds: int = 0
    water: bool | None = None
    closed_until: date | None = None
    warden: PublicWarden | None = None


class StaffWarden(PublicWarden):
    phone: str | None = None


class StaffHut(PublicHut):
    warden: StaffWarden | None = None
    door_code: str | None = None


class WardenPatch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    duty: str | None = None
    phone: str | None = None


class HutPatch(BaseModel):
    """Some facts. Every one may be left out; the type says which may be null."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=60)] = ""
    height: int = 0
    beds: Annotated[int, Field(ge=0)] = 0
    water: bool | None = None
    closed_until: date | None = None
    warden: WardenPatch | None = None
    door_code: str | None = None


def row_of(hut_id: str) -> dict[str, Any]:
    if hut_id not in huts.huts:
        raise HTTPException(404, "No such hut")
    return huts.huts[hut_id]


@app.get("/huts", response_model=list[HutInList])
def list_huts():
    return [{"id": hut_id, **row} for hut_id, row in huts.huts.items()]


# The row itself is returned and not a dump of a model, which would fill in the defaults.
@app.get("/huts/{hut_id}", response_model=PublicHut, response_model_exclude_unset=True)
def for_hikers(hut_id: str):
    return {"id": hut_id, **row_of(hut_id)}


@app.get("/staff/huts/{hut_id}", response_model=StaffHut, response_model_exclude_unset=True)
def for_staff(hut_id: str):
    return {"id": hut_id, **row_of(hut_id)}


@app.patch("/staff/huts/{hut_id}", response_model=StaffHut, response_model_exclude_unset=True)
def correct(hut_id: str, patch: HutPatch):
    row = row_of(hut_id)
    sent = patch.model_dump(mode="json", exclude_unset=True)
    if sent.get("warden") is not None:
        # An update of the row would replace the whole warden.
        sent["warden"] = {**(row.get("warden") or {}), **sent["warden"]}
    row.update(sent)
    return {"id": hut_id, **row}
