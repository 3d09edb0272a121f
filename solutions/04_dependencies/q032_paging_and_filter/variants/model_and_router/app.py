"""A bird archive, with Pydantic models for filter and answers, and routers."""

from datetime import date
from typing import Annotated, Generic, TypeVar

import archive
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from pydantic import BaseModel, Field, model_validator

T = TypeVar("T")


class SightingFilter(BaseModel):
    species: str | None = None
    min_count: int = Field(0, ge=0)
    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def in_order(self):
        # Not a ValueError: below Depends that would be a 500.
        if self.since and self.until and self.since > self.until:
            raise HTTPException(422, detail={"since": self.since.isoformat(), "until": self.until.isoformat()})
        return self

    def found(self):
        for sighting in archive.sightings:
            if self.species is not None and self.species != sighting.species:
                continue
            if sighting.count < self.min_count or (self.since and sighting.day < self.since):
                continue
            if self.until and sighting.day > self.until:
                continue
            yield sighting


class Paging:
    def __init__(self, page, size):
        self.page, self.size = page, size


PageNumber = Annotated[int, Query(ge=1, description="pages count from 1")]
PageSize = Annotated[int, Query(ge=1, le=50)]


def paging(page: PageNumber = 1, size: PageSize = 20) -> Paging:
    return Paging(page, size)


class Listed(BaseModel, Generic[T]):
    total: int
    page: int
    size: int
    items: list[T]


class Shown(BaseModel):
    species: str
    count: int
    day: date
    observer: str


class Summary(BaseModel):
    sightings: int
    birds: int


def listed(rows: list, paging: Paging):
    skipped = (paging.page - 1) * paging.size
    return {"total": len(rows), "page": paging.page, "size": paging.size, "items": rows[skipped:][: paging.size]}


router = APIRouter(prefix="/sightings")
WantedDep = Depends(SightingFilter)


@router.get("", response_model=Listed[Shown])
async def list_sightings(paging: Annotated[Paging, Depends(paging)], wanted: SightingFilter = WantedDep):
    return listed([vars(one) for one in wanted.found()], paging)


@router.get("/summary")
def summary(wanted: SightingFilter = WantedDep) -> Summary:
    birds = [one.count for one in wanted.found()]
    return Summary(sightings=len(birds), birds=sum(birds))


app = FastAPI()
app.include_router(router)


@app.get("/observers")
def list_observers(paging: Annotated[Paging, Depends(paging)]) -> Listed[str]:
    return listed(archive.observers(), paging)
