"""Where is my parcel? The API of the hub."""

import hub
from fastapi import APIRouter, FastAPI, HTTPException
from pydantic import BaseModel

router = APIRouter(prefix="/parcels")


class Delivery(BaseModel):
    zone: str


@router.get("/{code}")
async def show(code: str) -> dict:
    try:
        return await hub.find(code)
    except KeyError:
        raise HTTPException(404, "unknown parcel") from None


@router.post("/{code}/delivery", status_code=201)
async def deliver(code: str, delivery: Delivery) -> dict:
    try:
        await hub.deliver(code, delivery.zone)
    except KeyError:
        raise HTTPException(404, "unknown parcel") from None
    return {"code": code, "zone": delivery.zone}


app = FastAPI()
app.include_router(router, prefix="/api")
