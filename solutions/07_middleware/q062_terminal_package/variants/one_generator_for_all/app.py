"""Ids made by the app from tags, `Sunset` by a dependency of the include, start-up by hand around the mounted app."""

from contextlib import asynccontextmanager

import terminal
from fastapi import Depends, FastAPI
from fastapi.responses import Response
from fastapi.routing import APIRoute
from terminal import berths, cranes, customs, lookup


@asynccontextmanager
async def lifespan(app):
    context = customs.lifespan(customs.app)
    await context.__aenter__()
    try:
        yield {"terminal": terminal}
    finally:
        await context.__aexit__(None, None, None)


def operation_id(route: APIRoute) -> str:
    version = next((tag for tag in route.tags if tag in ("v1", "v2")), "terminal")
    return f"{version}_{route.name}"


async def with_sunset(response: Response):
    response.headers.append("sunset", terminal.v1_sunset)
    yield


app = FastAPI(lifespan=lifespan, generate_unique_id_function=operation_id)


@app.get("/status", tags=["status"])
async def read_status():
    return dict(berths=len(berths.ships))


for part in (berths, cranes):
    app.include_router(part.router, prefix="/v2", tags=["v2"])
    app.include_router(part.router, prefix="/v1", tags=["v1"], dependencies=[Depends(with_sunset)], deprecated=True)
app.mount("/customs", customs.app, "customs")
app.include_router(lookup.router, tags=["lookup"])
