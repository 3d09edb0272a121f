"""A loop over versions, ids at the include, plain ASGI for `Sunset`, a mount among the app's first routes."""

from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

import terminal.berths
import terminal.cranes
import terminal.customs
import terminal.lookup
from fastapi import APIRouter, FastAPI
from starlette.datastructures import MutableHeaders
from starlette.routing import Mount


class Sunset:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def stamped(message):
            if message["type"] == "http.response.start" and message["status"] < 400:
                MutableHeaders(scope=message)["Sunset"] = terminal.v1_sunset
            await send(message)

        is_old = scope["type"] == "http" and scope["path"].split("/")[1] == "v1"
        await self.app(scope, receive, stamped if is_old else send)


@asynccontextmanager
async def lifespan(app):
    async with AsyncExitStack() as stack:
        mounted = terminal.customs.app
        await stack.enter_async_context(mounted.router.lifespan_context(mounted))
        yield


def unique(version, route):
    return "_".join((version, route.name))


app = FastAPI(lifespan=lifespan, routes=[Mount("/customs", app=terminal.customs.app, name="customs")])
app.add_middleware(Sunset)
both = APIRouter()
both.include_router(terminal.cranes.router)
both.include_router(terminal.berths.router)
for version, settings in {"v1": {"deprecated": True}, "v2": {}}.items():
    app.include_router(
        both,
        prefix=f"/{version}",
        tags=[version],
        generate_unique_id_function=partial(unique, version),
        **settings,
    )


rest = APIRouter()


@rest.get("/status", include_in_schema=False)
async def status():
    return {"berths": len(terminal.berths.ships)}


rest.include_router(terminal.lookup.router)
app.include_router(rest)
