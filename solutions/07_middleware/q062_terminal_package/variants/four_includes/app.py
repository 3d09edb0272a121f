"""Four includes on the app, each with all settings, and a middleware for `Sunset` that looks at the path."""

import terminal
from fastapi import FastAPI
from terminal.berths import router as berths
from terminal.berths import ships
from terminal.cranes import router as cranes
from terminal.customs import app as customs
from terminal.customs import lifespan as lifespan_of_customs
from terminal.lookup import router as lookup

app = FastAPI(title="Terminal", lifespan=lifespan_of_customs)


@app.middleware("http")
async def sunset(request, call_next):
    response = await call_next(request)
    if request.url.path.startswith("/v1/"):
        response.headers["Sunset"] = terminal.v1_sunset
    return response


def v1_id(route):
    return f"v1_{route.name}"


def v2_id(route):
    return f"v2_{route.name}"


app.mount("/customs", customs)
app.include_router(berths, prefix="/v1", tags=["v1"], deprecated=True, generate_unique_id_function=v1_id)
app.include_router(cranes, prefix="/v1", tags=["v1"], deprecated=True, generate_unique_id_function=v1_id)
app.include_router(berths, prefix="/v2", tags=["v2"], generate_unique_id_function=v2_id)
app.include_router(cranes, prefix="/v2", tags=["v2"], generate_unique_id_function=v2_id)
app.add_api_route("/status", lambda: {"berths": len(ships)}, name="status", operation_id="status")
app.include_router(lookup)
