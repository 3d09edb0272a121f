"""What has to be moved: pydantic's dataclasses, and pieces that list their weights themselves."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import FastAPI
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

app = FastAPI()

STRICT = ConfigDict(extra="forbid")
Text = Annotated[str, Field(min_length=1, max_length=80)]
Code = Annotated[str, Field(pattern="^[A-Z][0-9]{1,2}$")]


@dataclass(config=STRICT)
class Address:
    street: Text
    city: Text
    floor: int = 0


@dataclass(config=STRICT)
class Furniture:
    kind: Literal["furniture"]
    kg: float = Field(gt=0)
    dismantle: bool = False

    def weights(self):
        return [self.kg]


@dataclass(config=STRICT)
class Plant:
    kind: Literal["plant"]
    kg: float = Field(gt=0)
    pot_cm: int = Field(gt=0)

    def weights(self):
        return [self.kg]


@dataclass(config=STRICT)
class Box:
    kind: Literal["box"]
    kg: float = Field(ge=0)
    contents: list[Piece] = Field(default_factory=list)

    def weights(self):
        return [self.kg, *(kg for piece in self.contents for kg in piece.weights())]


Piece = Annotated[Furniture | Plant | Box, Field(discriminator="kind")]


@dataclass(config=STRICT)
class Inventory:
    pickup: Address
    delivery: Address
    rooms: Annotated[dict[Code, list[Piece]], Field(min_length=1)]


@app.post("/inventories")
async def add_up(inventory: Inventory):
    rooms = {code: [kg for piece in pieces for kg in piece.weights()] for code, pieces in inventory.rooms.items()}
    every = [kg for weights in rooms.values() for kg in weights]
    return {
        "rooms": {code: sum(weights) for code, weights in rooms.items()},
        "kg": sum(every),
        "pieces": len(every),
        "floors": inventory.pickup.floor + inventory.delivery.floor,
    }
