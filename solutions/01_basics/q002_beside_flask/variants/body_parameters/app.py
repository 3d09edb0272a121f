"""The parcel lockers: three body parameters, in a router, and the old module by its name."""

from typing import Annotated

import legacy
from a2wsgi import WSGIMiddleware
from fastapi import APIRouter, Body, FastAPI
from starlette.routing import Mount

router = APIRouter(prefix="/parcels")


@router.post("", status_code=201)
def create_parcel(
    locker: Annotated[str, Body(pattern="^[A-F][0-9][0-9]$")],
    weight_g: Annotated[int, Body(gt=0, lt=20_001)],
    fragile: Annotated[bool, Body()] = False,
):
    parcel = dict(id=legacy.new_id(), locker=locker, weight_g=weight_g, fragile=fragile)
    legacy.PARCELS[parcel["id"]] = parcel
    return parcel


app = FastAPI(title="Parcel Lockers", redirect_slashes=False)
app.include_router(router)
app.router.routes.append(Mount("/", app=WSGIMiddleware(legacy.flask_app)))
