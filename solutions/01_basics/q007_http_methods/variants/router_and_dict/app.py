"""The stage light in a router, with a dict as state, two functions for GET and HEAD, and a computed Allow."""

from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Response, status
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

app = FastAPI(title="Stage Light")
router = APIRouter(prefix="/light", tags=["light"])

Level = Annotated[int, Field(ge=0, le=100)]


class Light(BaseModel):
    on: bool
    colour: str
    level: Level


class LightPatch(BaseModel):
    on: bool | None = None
    colour: str | None = None
    level: Level | None = None


OFF = {"on": False, "colour": "white", "level": 0}
light: dict[str, Any] = dict(OFF)


@router.get("", response_model=Light)
async def show():
    return light


@router.head("")
async def look() -> Response:
    return JSONResponse(light)


@router.put("", response_model=Light)
async def replace(new: Light):
    light.update(new.model_dump())
    return light


@router.patch("", response_model=Light)
async def change(part: LightPatch):
    light.update({name: value for name, value in part if value is not None})
    return light


@router.delete("", status_code=status.HTTP_204_NO_CONTENT)
async def switch_off():
    light.update(OFF)


@router.options("")
async def methods() -> Response:
    allowed = {method for route in router.routes for method in route.methods}
    return Response(status_code=204, headers={"Allow": ",".join(sorted(allowed))})


app.include_router(router)
