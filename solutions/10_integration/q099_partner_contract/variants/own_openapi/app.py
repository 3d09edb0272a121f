import os
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Body, FastAPI, HTTPException
from fastapi.openapi.utils import get_openapi
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


EXAMPLES = {
    "plain": {"summary": "A parcel like any other", "value": {"to": "Zoé", "grams": 800}},
    "insured": {"summary": "One that is worth something", "value": {"to": "Łukasz", "grams": 4200, "insured": 250.0}},
}


@parcels.post("", status_code=201)
async def send(new: Annotated[NewParcel, Body(openapi_examples=EXAMPLES)]) -> Parcel:
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


@app.webhooks.post("parcelDelivered", tags=["webhooks"])
def parcel_delivered(body: Delivered) -> None:
    """A parcel has arrived. We tell you, at the address that you have given us."""


def openapi():
    document = get_openapi(
        title=app.title, version=app.version, routes=app.routes, webhooks=app.webhooks.routes, openapi_version="3.1.0"
    )
    for item in document["paths"].values():
        for operation in item.values():
            function = operation["summary"].lower().replace(" ", "_")
            operation["operationId"] = f"{operation['tags'][0]}_{function}"
    return document


app.openapi = openapi
