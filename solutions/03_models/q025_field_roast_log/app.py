"""What the roasting machine reports."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, Field, computed_field

app = FastAPI()

# The limits of an entry belong to the entry, those of the list to the list.
Note = Annotated[str, Field(min_length=1, max_length=60)]


class Roast(BaseModel):
    """A batch: the machine's names on the way in (`validation_alias`), the website's on the way out."""

    batch: str = Field(validation_alias="batchNo", pattern="^[A-Z]{2}-[0-9]{4}$")
    degrees: float = Field(
        validation_alias="temp",
        gt=150,
        le=260,
        description="Bean temperature at drop in °C",
        examples=[212.5],
    )
    green_grams: int = Field(alias="greenGrams", ge=100, le=30000)
    roasted_grams: int = Field(alias="roastedGrams", ge=1)
    notes: list[Note] = Field(default=[], max_length=3)
    # A factory is called for each request; a default would be the time at which the module was imported.
    roasted_at: AwareDatetime = Field(alias="roastedAt", default_factory=lambda: datetime.now(UTC))

    @computed_field(alias="lossPercent")
    @property
    def loss_percent(self) -> float:
        return round(100 * (self.green_grams - self.roasted_grams) / self.green_grams, 1)


@app.post("/roasts", status_code=201)
def log(roast: Roast) -> Roast:
    return roast
