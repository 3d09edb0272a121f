"""The tutors' site, with standard dataclasses: FastAPI trusts their instances, so the code checks by itself."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException

app = FastAPI()

# An id, and the tutor's row as the old system left it: more columns than anybody should see, and the rating as text.
TUTORS = {
    3: {
        "id": 3,
        "name": "Inês Cardoso",
        "bio": "Portuguese for people who move to Lisbon",
        "rating": "4.8",
        "email": "ines@tutors.example",
        "phone": "+351 555 0103",
        "password_hash": "pbkdf2$9f1c",
        "note": "prefers mornings",
    },
    7: {
        "id": 7,
        "name": "Tariq Mansour",
        "bio": "Arabic from the first letter on",
        "rating": "4.5",
        "email": "tariq@tutors.example",
        "phone": "+20 555 0177",
        "password_hash": "pbkdf2$44ab",
        "note": "invoice by post",
    },
    12: {
        "id": 12,
        "name": "Ada Lindqvist",
        "bio": "Swedish through songs",
        "rating": "3.9",
        "email": "ada@tutors.example",
        "phone": "+46 555 0112",
        "password_hash": "pbkdf2$c07e",
        "note": "on leave in June",
    },
}

# Who is looking, from the header X-Viewer-Id. Use it as a parameter: `viewer: ViewerId = None`.
ViewerId = Annotated[int | None, Header(alias="X-Viewer-Id")]


@dataclass
class Card:
    id: int
    name: str
    bio: str
    rating: float


@dataclass
class OwnView:
    id: int
    name: str
    bio: str
    rating: float
    email: str
    phone: str


def card(row: dict[str, Any]) -> Card:
    return Card(id=row["id"], name=row["name"], bio=row["bio"], rating=float(row["rating"]))


def own_view(row: dict[str, Any]) -> OwnView:
    return OwnView(**vars(card(row)), email=row["email"], phone=row["phone"])


@app.get("/tutors")
def list_all() -> list[Card]:
    return [card(row) for row in TUTORS.values()]


@app.get("/tutors/{tutor_id}")
def read(tutor_id: int, viewer: ViewerId = None) -> Card | OwnView:
    if tutor_id not in TUTORS:
        raise HTTPException(404, "No such tutor")
    return own_view(TUTORS[tutor_id]) if viewer == tutor_id else card(TUTORS[tutor_id])
