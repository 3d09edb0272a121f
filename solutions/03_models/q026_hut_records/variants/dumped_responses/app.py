"""The huts of an alpine club: declared response models, and responses that are made by hand beside them."""

import datetime
from typing import Any

import huts
from fastapi import Depends, FastAPI
from fastapi.exceptions import HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, field_validator

app = FastAPI()


class Base(BaseModel):
    id: str
    name: str
    height: int


class Warden(BaseModel, extra="forbid"):
    duty: str | None = None
    phone: str | None = None


class HikersWarden(BaseModel):
    duty: str | None = None


class Record(Base):
    beds: int | None = None
    water: bool | None = None
    closed_until: datetime.date | None = None


class HikersRecord(Record):
    warden: HikersWarden | None = None


class StaffRecord(Record):
    warden: Warden | None = None
    door_code: str | None = None


class Patch(BaseModel, extra="forbid"):
    name: str | None = Field(None, min_length=1, max_length=60)
    height: int | None = None
    beds: int | None = Field(None, ge=0)
    water: bool | None = None
    closed_until: datetime.date | None = None
    warden: Warden | None = None
    door_code: str | None = None

    @field_validator("name", "height", "beds")
    @classmethod
    def not_null(cls, value: Any) -> Any:
        # Runs only for what was sent.
        if value is None:
            raise ValueError("cannot be null")
        return value


def find_row(hut_id: str) -> dict[str, Any]:
    try:
        return huts.huts[hut_id]
    except KeyError:
        raise HTTPException(status_code=404, detail=f"There is no hut {hut_id}") from None


def dumped(model: type[Base], hut_id: str, row: dict[str, Any]) -> JSONResponse:
    return JSONResponse(model(id=hut_id, **row).model_dump(mode="json", exclude_unset=True))


@app.get("/huts")
def list_all() -> list[Base]:
    return [Base(id=hut_id, **row) for hut_id, row in huts.huts.items()]


@app.get("/huts/{hut_id}", response_model=HikersRecord)
def get(hut_id: str, row: dict[str, Any] = Depends(find_row)):
    return dumped(HikersRecord, hut_id, row)


@app.get("/staff/huts/{hut_id}", response_model=StaffRecord)
def get_all(hut_id: str, row: dict[str, Any] = Depends(find_row)):
    return dumped(StaffRecord, hut_id, row)


@app.patch("/staff/huts/{hut_id}", response_model=StaffRecord)
def change(hut_id: str, patch: Patch, row: dict[str, Any] = Depends(find_row)):
    # Dates are stored as dates here.
    new = {name: getattr(patch, name) for name in patch.model_fields_set}
    if isinstance(patch.warden, Warden):
        new["warden"] = dict(row.get("warden") or {})
        new["warden"].update(patch.warden.model_dump(exclude_unset=True))
    huts.huts[hut_id] = {**row, **new}
    return dumped(StaffRecord, hut_id, huts.huts[hut_id])
