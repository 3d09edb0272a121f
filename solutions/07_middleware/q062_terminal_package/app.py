"""The container terminal: two versions of the same routers, a mounted app, and a catch-all at the end."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import terminal
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.routing import APIRoute
from terminal import berths, cranes, customs, lookup


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    # The app around a mounted one does not run its lifespan by itself.
    async with customs.app.router.lifespan_context(customs.app):
        yield


def named(version: str) -> Callable[[APIRoute], str]:
    return lambda route: f"{version}_{route.name}"


def sunset(response: Response) -> None:
    response.headers["Sunset"] = terminal.v1_sunset


# What tells the versions apart is said here, and not on the teams' routers, which both versions share.
v1 = APIRouter(
    prefix="/v1",
    tags=["v1"],
    deprecated=True,
    dependencies=[Depends(sunset)],
    generate_unique_id_function=named("v1"),
)
v2 = APIRouter(
    prefix="/v2",
    tags=["v2"],
    generate_unique_id_function=named("v2"),
)
for version in (v1, v2):
    version.include_router(berths.router)
    version.include_router(cranes.router)

app = FastAPI(lifespan=lifespan)
app.include_router(v1)
app.include_router(v2)
app.mount("/customs", customs.app)


@app.get("/status")
def status() -> dict[str, int]:
    return {"berths": len(berths.ships)}


# It would take /v1/berths and /customs/… as well, so it comes last.
app.include_router(lookup.router)
