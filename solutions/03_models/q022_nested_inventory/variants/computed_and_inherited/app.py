"""What has to be moved: computed fields, a chain of base classes, an enum for the kinds and a response model."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from annotated_types import Len
from fastapi import Body, FastAPI
from pydantic import BaseModel, Field, NonNegativeFloat, PositiveFloat, PositiveInt, StringConstraints, computed_field

Text = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Code = Annotated[str, StringConstraints(pattern=r"\A[A-Z][0-9]{1,2}\z")]


class Kind(StrEnum):
    FURNITURE = "furniture"
    PLANT = "plant"
    BOX = "box"


class Base(BaseModel, extra="forbid"):
    pass


class Address(Base):
    street: Text
    city: Text
    floor: int = 0


class PieceBase(Base):
    @computed_field
    @property
    def total(self) -> float:
        return self.kg

    @computed_field
    @property
    def number(self) -> int:
        return 1


class Box(PieceBase):
    kind: Literal[Kind.BOX]
    kg: NonNegativeFloat
    contents: list[Annotated[Box | Furniture | Plant, Field(discriminator="kind")]] = Field(default_factory=list)

    @computed_field
    @property
    def total(self) -> float:
        return self.kg + sum(piece.total for piece in self.contents)

    @computed_field
    @property
    def number(self) -> int:
        return 1 + sum(piece.number for piece in self.contents)


class Furniture(PieceBase):
    kind: Literal[Kind.FURNITURE]
    kg: PositiveFloat
    dismantle: bool = False


class Plant(PieceBase):
    kind: Literal[Kind.PLANT]
    kg: PositiveFloat
    pot_cm: PositiveInt


class Inventory(Base):
    pickup: Address
    delivery: Address
    rooms: Annotated[dict[Code, list[Annotated[Box | Furniture | Plant, Field(discriminator="kind")]]], Len(1)]


class Sum(BaseModel):
    kg: float
    pieces: int
    floors: int
    rooms: dict[str, float]


app = FastAPI()


@app.post("/inventories", response_model=Sum)
async def add_up(inventory: Annotated[Inventory, Body()]):
    rooms = {code: sum(piece.total for piece in pieces) for code, pieces in inventory.rooms.items()}
    return Sum(
        kg=sum(rooms.values()),
        pieces=sum(piece.number for pieces in inventory.rooms.values() for piece in pieces),
        floors=inventory.pickup.floor + inventory.delivery.floor,
        rooms=rooms,
    )
