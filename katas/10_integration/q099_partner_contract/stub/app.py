"""Works. Change declarations only: operation ids, the webhook, examples."""

import os
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, HTTPException
from pydantic import BaseModel, Field


@asynccontextmanager
async def lifespan(app: FastAPI):
    os.environ["BROKER"]  # the service cannot run without its broker
    yield


class NewParcel(BaseModel):
    to: str = Field(min_length=3)
    grams: int = Field(gt=0, le=31_500)
    insured: float | None = None


class Parcel(NewParcel):
    code: str


class Delivered(BaseModel):
    code: str
    signed_by: str | None = None


parcels = APIRouter(prefix="/parcels", tags=["parcels"])
depots = APIRouter(prefix="/depots", tags=["depots"])
known: dict[str, Parcel] = {}


@parcels.get("")
async def list_all(to: str | None = None) -> list[Parcel]:
    return [parcel for parcel in known.values() if to in (None, parcel.to)]


@parcels.post("", status_code=201)
async def send(new: NewParcel) -> Parcel:
    parcel = Parcel(code=f"P{len(known) + 1}", **new.model_dump())
    known[parcel.code] = parcel
    return parcel


@parcels.get("/{code}")
async def track(code: str) -> Parcel:
    if code not in known:
        raise HTTPException(404)
    return known[code]


@depots.get("")
async def list_all(near: str | None = None) -> list[str]:  # noqa: F811
    return ["Zürich", "Łódź"]


app = FastAPI(title="Päckli broker", version="3.1.0", lifespan=lifespan)
app.include_router(parcels)
app.include_router(depots)
