"""The stage light in the app's state, changed in place, with a route for GET and HEAD that names its operation."""

from typing import Annotated

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, Field

app = FastAPI(title="Stage Light")

Level = Annotated[int, Field(ge=0, le=100)]


class Light(BaseModel):
    on: bool
    colour: str
    level: Level


class LightPatch(BaseModel):
    on: bool | None = None
    colour: str | None = None
    level: Level | None = None


OFF = Light(on=False, colour="white", level=0)
app.state.light = OFF.model_copy()


@app.api_route("/light", methods=["HEAD"], include_in_schema=False)
@app.get("/light", operation_id="look_at_the_light")
def show(request: Request) -> Light:
    return request.app.state.light


@app.put("/light")
def replace(new: Light, request: Request) -> Light:
    request.app.state.light = new
    return new


@app.patch("/light")
def change(part: LightPatch, request: Request) -> Light:
    for name in part.model_fields_set:
        setattr(request.app.state.light, name, getattr(part, name))
    return request.app.state.light


@app.delete("/light", status_code=204, response_class=Response)
def switch_off(request: Request):
    request.app.state.light = OFF.model_copy()


@app.options("/light", status_code=204)
async def methods(response: Response):
    response.headers["Allow"] = ", ".join(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
