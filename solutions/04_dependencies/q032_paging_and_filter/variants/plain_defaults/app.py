"""A bird archive, with dependencies as defaults, and a dependency that makes the selection."""

import datetime

import archive
from fastapi import Depends, FastAPI, HTTPException, Query, status

app = FastAPI()


def paging(page: int = Query(default=1, gt=0), size: int = Query(default=20, gt=0, lt=51)):
    return page, size


class SightingFilter:
    def __init__(
        self,
        species: str = Query(None),
        min_count: int = Query(0, ge=0),
        since: datetime.date = Query(datetime.date.min),
        until: datetime.date = Query(datetime.date.max),
    ):
        if until < since:
            raise HTTPException(status.HTTP_422_UNPROCESSABLE_CONTENT)
        self.tests = [
            lambda s: species is None or s.species == species,
            lambda s: s.count >= min_count,
            lambda s: since <= s.day <= until,
        ]

    def __call__(self, sighting):
        return all(test(sighting) for test in self.tests)


def selected(wanted=Depends(SightingFilter)):
    return list(filter(wanted, archive.sightings))


def listed(rows, page, size):
    first = size * (page - 1)
    return {"items": rows[first : first + size], "total": len(rows), "page": page, "size": size}


@app.get("/sightings")
def list_sightings(found=Depends(selected), paging=Depends(paging)):
    return listed(found, *paging)


@app.get("/sightings/summary")
def summary(found=Depends(selected)):
    return {"sightings": len(found), "birds": sum(s.count for s in found)}


@app.get("/observers")
def list_observers(paging=Depends(paging)):
    return listed(archive.observers(), *paging)
