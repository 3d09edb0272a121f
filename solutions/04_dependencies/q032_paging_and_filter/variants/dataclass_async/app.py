"""A bird archive, with a dataclass as filter, and coroutines."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from archive import Sighting, observers, sightings
from fastapi import Depends, FastAPI, Query
from fastapi.exceptions import RequestValidationError

app = FastAPI()


async def paging(page: int = Query(1, ge=1), size: int = Query(20, ge=1, le=50)) -> dict[str, int]:
    return {"page": page, "size": size}


@dataclass
class SightingFilter:
    species: str | None = None
    min_count: Annotated[int, Query(ge=0)] = 0
    since: date | None = None
    until: date | None = None

    def __post_init__(self):
        if self.since and self.until and self.since > self.until:
            fault = {"type": "value_error", "loc": ("query", "since"), "msg": "later than until", "input": self.since}
            raise RequestValidationError([fault])

    def __contains__(self, sighting: Sighting) -> bool:
        if self.species is not None and sighting.species != self.species:
            return False
        if self.since is not None and sighting.day < self.since:
            return False
        if self.until is not None and sighting.day > self.until:
            return False
        return sighting.count >= self.min_count


def paged(items, page, size):
    return {"total": len(items), "page": page, "size": size, "items": items[(page - 1) * size : page * size]}


@app.get("/sightings")
async def list_sightings(page: Annotated[dict, Depends(paging)], wanted: Annotated[SightingFilter, Depends()]):
    return paged([one for one in sightings if one in wanted], **page)


@app.get("/sightings/summary")
async def summary(wanted: Annotated[SightingFilter, Depends()]):
    counts = [one.count for one in sightings if one in wanted]
    return {"sightings": len(counts), "birds": sum(counts)}


@app.get("/observers")
async def list_observers(page: Annotated[dict, Depends(paging)]):
    return paged(observers(), **page)
