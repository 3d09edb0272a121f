"""What the roasting machine reports: names made by an alias generator, all details in Annotated."""

from datetime import UTC, datetime
from typing import Annotated

from annotated_types import Ge, Gt, Interval, Le, MaxLen
from fastapi import FastAPI, status
from pydantic import AliasGenerator, AwareDatetime, BaseModel, ConfigDict, Field, computed_field
from pydantic.alias_generators import to_camel

app = FastAPI()


def now() -> datetime:
    return datetime.now(UTC)


class Roast(BaseModel):
    model_config = ConfigDict(
        alias_generator=AliasGenerator(
            validation_alias=lambda name: {"batch": "batchNo", "degrees": "temp"}.get(name, to_camel(name)),
            serialization_alias=to_camel,
        ),
        extra="ignore",
    )

    batch: Annotated[str, Field(pattern="^[A-Z]{2}[-][0-9]{4}$")]
    degrees: Annotated[
        float, Gt(150), Le(260), Field(description="Bean temperature at drop in °C", examples=[212.5], title="Heat")
    ]
    green_grams: Annotated[int, Interval(ge=100, le=30000)]
    roasted_grams: Annotated[int, Ge(1)]
    notes: Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], MaxLen(3), Field(default_factory=list)]
    roasted_at: Annotated[AwareDatetime, Field(default_factory=now)]

    @computed_field
    @property
    def loss_percent(self) -> float:
        return round(100 - 100 * self.roasted_grams / self.green_grams, 1)


@app.post("/roasts", status_code=status.HTTP_201_CREATED, response_model=Roast)
async def log(roast: Roast):
    return roast
