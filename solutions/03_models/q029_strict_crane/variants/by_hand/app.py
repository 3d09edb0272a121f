"""The harbour crane: one validator looks at the types of the raw values, and the model stays as it is."""

import uuid
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt

app = FastAPI(title="Crane")


def exact(*types: type):
    def check(value: Any) -> Any:
        if type(value) not in types:
            raise ValueError("wrong type")
        return value

    return BeforeValidator(check)


WholeNumber = Annotated[int, exact(int)]


class Lift(BaseModel):
    model_config = ConfigDict(extra="forbid")
    order: Annotated[uuid.UUID, exact(str)]
    kg: Annotated[WholeNumber, Field(ge=1, le=40_000)]
    height: Annotated[float, exact(int, float), Field(gt=0, le=60)]
    emergency: Annotated[bool, exact(bool)]
    gear: Annotated[Literal[1, 2, 3], exact(int)]
    mode: Annotated[str, exact(str), Field(pattern="^(normal|creep)$")]
    note: str = ""
    start: Annotated[AwareDatetime, exact(str)]
    hooks: dict[Annotated[str, Field(pattern="^[0-9]+$")], Annotated[StrictInt, Field(ge=1, le=40_000)]] = {}


@app.post("/lifts", status_code=201)
def plan(lift: Lift):
    return {**lift.model_dump(), "order": lift.order.hex, "start": lift.start.isoformat()}


@app.get("/lifts/preview")
def preview(kg: int = Query(ge=1, le=40_000), emergency: bool = Query(False), gear: int = Query(1, ge=1, le=3)):
    return dict(kg=kg, emergency=emergency, gear=gear)
