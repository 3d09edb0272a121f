"""The stage light. README.md tells what can be done with it."""

from typing import Annotated

from fastapi import FastAPI
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

# Your routes go here.
