"""The stage light as an object whose methods are registered by calls, HEAD and OPTIONS being listed as well."""

from typing import Annotated

from fastapi import FastAPI, Response
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


class Stage:
    def __init__(self) -> None:
        self.light = OFF

    def show(self) -> Light:
        return self.light

    def replace(self, new: Light) -> Light:
        self.light = new
        return new

    def change(self, part: LightPatch) -> Light:
        self.light = Light.model_validate(self.light.model_dump() | part.model_dump(exclude_none=True))
        return self.light

    def switch_off(self) -> Response:
        self.light = OFF
        return Response(status_code=204)

    def methods(self) -> Response:
        return Response(status_code=204, headers={"allow": "OPTIONS, DELETE, PATCH, PUT, HEAD, GET"})


stage = Stage()
app.add_api_route("/light", stage.show, methods=["GET"])
app.add_api_route("/light", stage.show, methods=["HEAD"])
app.add_api_route("/light", stage.replace, methods=["PUT"])
app.add_api_route("/light", stage.change, methods=["PATCH"])
app.add_api_route("/light", stage.switch_off, methods=["DELETE"])
app.add_api_route("/light", stage.methods, methods=["OPTIONS"])
