"""The stage light."""

from typing import Annotated

from fastapi import FastAPI, Response
from pydantic import BaseModel, Field

app = FastAPI(title="Stage Light")

Level = Annotated[int, Field(ge=0, le=100)]


class Light(BaseModel):
    """The whole light: every field is required."""

    on: bool
    colour: str
    level: Level


class LightPatch(BaseModel):
    """A part of the light: every field may be left out."""

    on: bool | None = None
    colour: str | None = None
    level: Level | None = None


OFF = Light(on=False, colour="white", level=0)
light = OFF


@app.get("/light")
@app.head("/light", include_in_schema=False)  # FastAPI does not add HEAD to a GET route
def show() -> Light:
    return light


@app.put("/light")
def replace(new: Light) -> Light:
    global light
    light = new
    return light


@app.patch("/light")
def change(part: LightPatch) -> Light:
    global light
    # Only what was really sent; a copy, since `light` and OFF may be the same object.
    light = light.model_copy(update=part.model_dump(exclude_unset=True))
    return light


@app.delete("/light", status_code=204)
def switch_off() -> None:
    global light
    light = OFF


@app.options("/light", status_code=204, include_in_schema=False)
def methods(response: Response) -> None:
    response.headers["Allow"] = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
