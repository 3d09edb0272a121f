"""The booking API: attributes set later, a router with shared responses, an exception handler."""

from typing import Annotated

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from huts import ABOUT, beds_left, cache_size, reserve
from pydantic import BaseModel

app = FastAPI(docs_url="/reference", openapi_url="/reference/openapi.json", redoc_url=None)
app.title = "Hut Partner API"
app.version = "2.1.0"
app.description = ABOUT
app.openapi_tags = [
    dict(name="huts", description="Where beds are free"),
    dict(name="bookings", description="Reserve beds for a guest"),
]


class Problem(BaseModel):
    detail: str


class NotEnoughBeds(Problem):
    free_beds: int


class Full(Exception):
    def __init__(self, left: int) -> None:
        self.left = left


@app.exception_handler(Full)
async def too_late(request: Request, error: Full) -> JSONResponse:
    problem = NotEnoughBeds(detail="Not enough beds", free_beds=error.left)
    return JSONResponse(problem.model_dump(), 409)


async def left_in(hut_id: int) -> int:
    if (left := beds_left(hut_id)) is None:
        raise HTTPException(status_code=404, detail="No such hut")
    return left


router = APIRouter(prefix="/huts/{hut_id}", responses={404: {"model": Problem, "description": "No such hut"}})
Left = Annotated[int, Depends(left_in)]


class Hut(BaseModel):
    hut_id: int
    free_beds: int


class Booking(BaseModel):
    code: str
    beds: int


@router.get("", tags=["huts"])
async def read_hut(hut_id: int, left: Left) -> Hut:
    return Hut(hut_id=hut_id, free_beds=left)


@router.post(
    "/bookings",
    summary="Book beds",
    tags=["bookings"],
    status_code=201,
    responses={409: {"model": NotEnoughBeds}},
)
async def book_beds(
    hut_id: int,
    left: Left,
    guest: Annotated[str, Body(description="Name at the hut door")],
    beds: Annotated[int, Body(description="How many beds", ge=1)],
) -> Booking:
    """Reserves beds in a hut.

    Beware: A booking is binding.
    """
    if beds > left:
        raise Full(left)
    return Booking(code=reserve(hut_id, beds), beds=beds)


app.include_router(router)


@app.get("/ops/cache", include_in_schema=False)
async def entries() -> dict[str, int]:
    return {"entries": cache_size()}
