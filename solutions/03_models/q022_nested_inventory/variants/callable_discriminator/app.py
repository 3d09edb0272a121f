"""What has to be moved: a function tells the kinds apart, and the docs get their discriminator by hand."""

from typing import Annotated, Any, Literal

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

app = FastAPI()


class Address(BaseModel):
    model_config = ConfigDict(extra="forbid")
    street: str = Field(min_length=1, max_length=80)
    city: str = Field(min_length=1, max_length=80)
    floor: int = 0


class Furniture(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["furniture"]
    kg: float = Field(gt=0)
    dismantle: bool = False


class Plant(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["plant"]
    kg: float = Field(gt=0)
    pot_cm: int = Field(gt=0)


def kind_of(piece: Any) -> str | None:
    kind = piece.get("kind") if isinstance(piece, dict) else getattr(piece, "kind", None)
    return kind if kind in ("furniture", "plant", "box") else None


Piece = Annotated[
    Annotated[Furniture, Tag("furniture")] | Annotated[Plant, Tag("plant")] | Annotated["Box", Tag("box")],
    Discriminator(kind_of),
    Field(json_schema_extra={"discriminator": {"propertyName": "kind"}}),
]


class Box(BaseModel):
    model_config = ConfigDict(extra="forbid")
    kind: Literal["box"]
    kg: float = Field(ge=0)
    contents: list[Piece] = []

    def every(self):
        yield self.kg
        for piece in self.contents:
            yield from piece.every() if isinstance(piece, Box) else (piece.kg,)


class Inventory(BaseModel):
    model_config = ConfigDict(extra="forbid")
    pickup: Address
    delivery: Address
    rooms: dict[Annotated[str, Field(pattern="^[A-Z][0-9][0-9]?$")], list[Piece]] = Field(min_length=1)


Box.model_rebuild()
Inventory.model_rebuild()


@app.post("/inventories")
def add_up(inventory: Inventory) -> dict[str, Any]:
    weights = {
        code: [kg for piece in pieces for kg in (piece.every() if isinstance(piece, Box) else [piece.kg])]
        for code, pieces in inventory.rooms.items()
    }
    return {
        "kg": sum(map(sum, weights.values())),
        "pieces": sum(map(len, weights.values())),
        "floors": inventory.delivery.floor + inventory.pickup.floor,
        "rooms": {code: sum(found) for code, found in weights.items()},
    }
