"""What has to be moved: a named type for the pieces, own validators, and a stack in place of recursion."""

import re
from typing import Annotated, Literal

from fastapi import APIRouter, FastAPI
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel
from typing_extensions import TypeAliasType

FORBID = ConfigDict(extra="forbid")


def room_code(text: str) -> str:
    if not re.fullmatch("[A-Z][0-9]{1,2}", text):
        raise ValueError("a room code is a capital letter and one or two digits")
    return text


class Address(BaseModel):
    model_config = FORBID
    street: str = Field(min_length=1, max_length=80)
    city: str = Field(min_length=1, max_length=80)
    floor: int = 0


class Furniture(BaseModel):
    model_config = FORBID
    kind: Literal["furniture"]
    kg: float = Field(gt=0)
    dismantle: bool = False


class Plant(BaseModel):
    model_config = FORBID
    kind: Literal["plant"]
    kg: float = Field(gt=0)
    pot_cm: int = Field(gt=0)


class Box(BaseModel):
    model_config = FORBID
    kind: Literal["box"]
    kg: float = Field(ge=0)
    contents: "list[Piece]" = []


Piece = TypeAliasType("Piece", Annotated[Furniture | Plant | Box, Field(discriminator="kind")])


class Rooms(RootModel[Annotated[dict[Annotated[str, AfterValidator(room_code)], list[Piece]], Field(min_length=1)]]):
    pass


class Inventory(BaseModel):
    model_config = FORBID
    pickup: Address
    delivery: Address
    rooms: Rooms


router = APIRouter()


@router.post("/inventories")
def add_up(inventory: Inventory):
    answer = {"kg": 0.0, "pieces": 0, "floors": inventory.pickup.floor + inventory.delivery.floor, "rooms": {}}
    for code, pieces in inventory.rooms.root.items():
        answer["rooms"][code] = 0
        stack = list(pieces)
        while stack:
            piece = stack.pop()
            answer["pieces"] += 1
            answer["kg"] += piece.kg
            answer["rooms"][code] += piece.kg
            stack.extend(getattr(piece, "contents", ()))
    return answer


app = FastAPI()
app.include_router(router)
