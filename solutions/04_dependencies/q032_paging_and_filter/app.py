"""A bird archive: paging is a function, the filter a class, and three lists share them."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple

import archive
from fastapi import Depends, FastAPI, HTTPException, Query

app = FastAPI()


class Page(NamedTuple):
    page: int
    size: int

    def of(self, rows: Sequence[Any]) -> dict[str, Any]:
        start = (self.page - 1) * self.size
        return {"total": len(rows), "page": self.page, "size": self.size, "items": rows[start : start + self.size]}


# FastAPI reads the signature of a dependency like that of an endpoint.
def paging(
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Page:
    return Page(page, size)


# A class can be called as well: what `__init__` wants is read from the query, and the instance is passed on.
class SightingFilter:
    def __init__(
        self,
        species: str | None = None,
        min_count: Annotated[int, Query(ge=0)] = 0,
        since: date | None = None,
        until: date | None = None,
    ) -> None:
        if since and until and since > until:
            # A ValueError would be a 500: FastAPI expects no exception here but its own.
            raise HTTPException(422, "since is later than until")
        self.species = species
        self.min_count = min_count
        self.since = since or date.min
        self.until = until or date.max

    def apply(self) -> list[archive.Sighting]:
        return [sighting for sighting in archive.sightings if self.fits(sighting)]

    def fits(self, sighting: archive.Sighting) -> bool:
        return (
            self.species in (None, sighting.species)
            and sighting.count >= self.min_count
            and self.since <= sighting.day <= self.until
        )


# Names for what routes ask for, so that nobody has to repeat it. `Depends()` means: the annotated class itself.
Paging = Annotated[Page, Depends(paging)]
Wanted = Annotated[SightingFilter, Depends()]


@app.get("/sightings")
def list_sightings(wanted: Wanted, page: Paging):
    return page.of(wanted.apply())


@app.get("/sightings/summary")
def summary(wanted: Wanted):
    found = wanted.apply()
    return {"sightings": len(found), "birds": sum(sighting.count for sighting in found)}


@app.get("/observers")
def list_observers(page: Paging):
    return page.of(archive.observers())
