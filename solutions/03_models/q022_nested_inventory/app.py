"""What has to be moved, room by room."""

from typing import Annotated, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI()


# Configuration goes to subclasses, but not into nested models: every model of the tree has to be one of these.
class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


ShortText = Annotated[str, Field(min_length=1, max_length=80)]


class Address(Strict):
    street: ShortText
    city: ShortText
    floor: int = 0


class Furniture(Strict):
    kind: Literal["furniture"]
    kg: float = Field(gt=0)
    dismantle: bool = False


class Plant(Strict):
    kind: Literal["plant"]
    kg: float = Field(gt=0)
    pot_cm: int = Field(gt=0)


class Box(Strict):
    kind: Literal["box"]
    kg: float = Field(ge=0)
    contents: list["Piece"] = []


# The kind decides which of the three a piece is, so only the faults of that one are reported.
Piece = Annotated[Furniture | Plant | Box, Field(discriminator="kind")]
RoomCode = Annotated[str, Field(pattern="^[A-Z][0-9]{1,2}$")]


class Inventory(Strict):
    pickup: Address
    delivery: Address
    rooms: dict[RoomCode, list[Piece]] = Field(min_length=1)


def weight(pieces: list[Piece]) -> float:
    return sum(piece.kg + (weight(piece.contents) if isinstance(piece, Box) else 0) for piece in pieces)


def count(pieces: list[Piece]) -> int:
    return sum(1 + (count(piece.contents) if isinstance(piece, Box) else 0) for piece in pieces)


@app.post("/inventories")
def add_up(inventory: Inventory):
    rooms = {code: weight(pieces) for code, pieces in inventory.rooms.items()}
    return {
        "kg": sum(rooms.values()),
        "pieces": sum(count(pieces) for pieces in inventory.rooms.values()),
        "floors": inventory.pickup.floor + inventory.delivery.floor,
        "rooms": rooms,
    }
