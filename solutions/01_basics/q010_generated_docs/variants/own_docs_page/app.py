"""The booking API: a docs page of its own, dataclasses and plain schemas."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import huts
from fastapi import FastAPI, HTTPException, Response, status
from fastapi.openapi.docs import get_swagger_ui_html
from pydantic import Field
from pydantic.dataclasses import dataclass as checked
from typing_extensions import TypedDict

app = FastAPI(
    title="Hut Partner API",
    version="2.1.0",
    description=huts.ABOUT,
    docs_url=None,
    redoc_url=None,
    openapi_url="/reference/openapi.json",
    openapi_tags=[
        {"name": "huts", "description": "Where beds are free"},
        {"name": "bookings", "description": "Reserve beds for a guest", "externalDocs": {"url": "https://example.com"}},
    ],
)


@app.get("/reference", include_in_schema=False)
def reference():
    return get_swagger_ui_html(openapi_url="/reference/openapi.json", title="Hut Partner API")


@dataclass
class Hut:
    hut_id: int
    free_beds: int


@checked
class BookingRequest:
    guest: Annotated[str, Field(description="Name at the hut door")]
    beds: Annotated[int, Field(description="How many beds", ge=1)]


class Booking(TypedDict):
    code: str
    beds: int


class Missing(TypedDict):
    detail: Literal["No such hut"]


def kind(**properties: str) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"type": one} for name, one in properties.items()}}


MISSING = {404: {"model": Missing, "description": "There is no hut with this id"}}
FULL = {
    409: {
        "description": "Fewer beds are free than were asked for",
        "content": {"application/json": {"schema": kind(detail="string", free_beds="integer")}},
    },
}


@app.get("/huts/{hut_id}", response_model=Hut, tags=["huts"], responses=MISSING)
def read_hut(hut_id: int):
    left = huts.beds_left(hut_id)
    if left is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, detail="No such hut")
    return {"hut_id": hut_id, "free_beds": left}


@app.post(
    "/huts/{hut_id}/bookings",
    tags=["bookings"],
    summary="Book beds",
    description="The hut keeps the beds free until the evening. **A booking is binding.**",
    status_code=status.HTTP_201_CREATED,
    responses=MISSING | FULL,
)
def create_booking(hut_id: int, request: BookingRequest) -> Booking:
    left = read_hut(hut_id)["free_beds"]
    if left < request.beds:
        body = b'{"free_beds": %d, "detail": "Not enough beds"}' % left
        return Response(body, 409, media_type="application/json")
    return {"code": huts.reserve(hut_id, request.beds), "beds": request.beds}


def cache():
    return {"entries": huts.cache_size()}


app.add_api_route("/ops/cache", cache, include_in_schema=False)
