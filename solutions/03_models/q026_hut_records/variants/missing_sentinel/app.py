"""The huts of an alpine club, with pydantic's MISSING for what was never reported."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, HTTPException
from huts import huts
from pydantic import MISSING, BaseModel, ConfigDict, NonNegativeInt, StringConstraints

app = FastAPI()


class Entry(BaseModel):
    id: str
    name: str
    height: int


class Facts(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)] | MISSING = MISSING
    height: int | MISSING = MISSING
    beds: NonNegativeInt | MISSING = MISSING
    water: bool | None | MISSING = MISSING
    closed_until: date | None | MISSING = MISSING


class Duty(BaseModel):
    duty: str | None | MISSING = MISSING


class Warden(Duty):
    model_config = ConfigDict(extra="forbid")

    phone: str | None | MISSING = MISSING


class Patch(Facts):
    warden: Warden | None | MISSING = MISSING
    door_code: str | None | MISSING = MISSING


class ForHikers(Facts):
    model_config = ConfigDict(extra="ignore")

    id: str
    warden: Duty | None | MISSING = MISSING


class ForStaff(Patch):
    id: str


async def existing(hut_id: str):
    if hut_id not in huts:
        raise HTTPException(404)
    return huts[hut_id]


@app.get("/huts")
async def every_hut() -> list[Entry]:
    return [Entry(id=key, name=row["name"], height=row["height"]) for key, row in huts.items()]


@app.get("/huts/{hut_id}")
async def hikers(hut_id: str) -> ForHikers:
    return ForHikers(id=hut_id, **await existing(hut_id))


@app.get("/staff/huts/{hut_id}")
async def staff(hut_id: str) -> ForStaff:
    return ForStaff(id=hut_id, **await existing(hut_id))


@app.patch("/staff/huts/{hut_id}")
async def patch(hut_id: str, patch: Patch) -> ForStaff:
    row = await existing(hut_id)
    sent = patch.model_dump()
    if patch.warden is not MISSING and patch.warden is not None:
        sent["warden"] = (row.get("warden") or {}) | sent["warden"]
    huts[hut_id] = row | sent
    return ForStaff(id=hut_id, **huts[hut_id])
