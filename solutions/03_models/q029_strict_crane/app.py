"""The harbour crane."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

app = FastAPI()


def only_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("a date-time comes as a text")
    return value


Kg = Annotated[int, Field(ge=1, le=40_000)]
Gear = Annotated[int, Field(ge=1, le=3)]  # not Literal[1, 2, 3], which compares: True == 1 == 1.0


class Lift(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    # JSON has no UUIDs, date-times or numbers as keys, only texts for them. Those fields may convert.
    order: Annotated[UUID, Field(strict=False)]
    kg: Kg
    height: Annotated[float, Field(gt=0, le=60)]
    emergency: bool
    gear: Gear
    mode: Literal["normal", "creep"]
    note: str = ""
    # Converting would mean numbers, too, as seconds since 1970; the validator lets texts pass and nothing else.
    start: Annotated[AwareDatetime, Field(strict=False), BeforeValidator(only_text)]
    hooks: dict[Annotated[int, Field(strict=False)], Kg] = {}


@app.post("/lifts", status_code=201)
def plan(lift: Lift) -> Lift:
    return lift


# The same rules, but not strict: in an address everything is text.
@app.get("/lifts/preview")
def preview(kg: Annotated[Kg, Query()], emergency: bool = False, gear: Gear = 1):
    return {"kg": kg, "emergency": emergency, "gear": gear}
