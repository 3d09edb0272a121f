"""Where is my parcel, with sessions opened in the routes, an exception handler, models and a router."""

from typing import Annotated

import courier
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

router = APIRouter(prefix="/parcels/{number}")
TheCourier = Annotated[courier.Courier, Depends(courier.get_courier)]


class Position(BaseModel):
    number: str
    status: str
    depot: str


class Scan(BaseModel):
    depot: str
    at: str


class Journey(BaseModel):
    number: str
    scans: list[Scan] = []


@router.get("")
async def position(number: str, courier: TheCourier) -> Position:
    async with courier.session() as session:
        return Position(**await session.locate(number))


@router.get("/scans", response_model=Journey)
async def scans(number: str, courier: TheCourier):
    journey = Journey(number=number)
    async with courier.session() as session:
        async for scan in session.scans(number):
            journey.scans.append(Scan(**scan))
    return journey


app = FastAPI()
app.include_router(router)


@app.exception_handler(courier.UnknownParcel)
async def unknown_parcel(request: Request, error: courier.UnknownParcel) -> JSONResponse:
    return JSONResponse({"detail": "unknown parcel"}, status_code=404)
