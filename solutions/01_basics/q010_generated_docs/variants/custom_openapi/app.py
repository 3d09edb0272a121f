"""The booking API: the internal page in a router that the docs leave out, and a last touch to the document."""

import huts
from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

ops = APIRouter(prefix="/ops", include_in_schema=False)
public = APIRouter()


class Model(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)


class Hut(Model):
    hut_id: int = Field(examples=[1])
    free_beds: int = Field(ge=0)


class BookingRequest(Model):
    guest: str
    """Name at the hut door"""

    beds: int = Field(ge=1)
    """How many beds"""


class Booking(Model):
    code: str
    beds: int


class Missing(Model):
    detail: str = "No such hut"


class Full(Model):
    detail: str = "Not enough beds"
    free_beds: int


def refuse(status: int, problem: Model) -> JSONResponse:
    return JSONResponse(problem.model_dump(), status_code=status)


@public.get("/huts/{hut_id}", tags=["huts"], response_model=Hut, responses={"404": {"model": Missing}})
async def read_hut(hut_id: int):
    left = huts.beds_left(hut_id)
    return refuse(404, Missing()) if left is None else Hut(hut_id=hut_id, free_beds=left)


@public.post(
    "/huts/{hut_id}/bookings",
    tags=["bookings"],
    response_model=Booking,
    status_code=201,
    responses={"404": {"model": Missing}, "409": {"model": Full}},
    summary="Book beds",
    response_description="The beds are yours",
)
async def book_beds(hut_id: int, booking: BookingRequest):
    """A booking is binding."""
    left = huts.beds_left(hut_id)
    if left is None:
        return refuse(404, Missing())
    if booking.beds > left:
        return refuse(409, Full(free_beds=left))
    return Booking(code=huts.reserve(hut_id, booking.beds), beds=booking.beds)


@ops.get("/cache")
async def cache():
    return JSONResponse({"entries": huts.cache_size()})


app = FastAPI(docs_url="/reference", openapi_url="/reference/openapi.json", redoc_url=None)
app.include_router(public)
app.include_router(ops)


def openapi():
    if not app.openapi_schema:
        app.openapi_schema = get_openapi(
            title="Hut Partner API",
            version="2.1.0",
            description=huts.ABOUT,
            routes=app.routes,
            tags=[
                {"name": "huts", "description": "Where beds are free"},
                {"name": "bookings", "description": "Reserve beds for a guest"},
            ],
        )
        app.openapi_schema["info"]["x-logo"] = {"url": "https://example.com/hut.svg"}
    return app.openapi_schema


app.openapi = openapi
