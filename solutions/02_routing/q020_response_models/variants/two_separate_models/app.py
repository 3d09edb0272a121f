"""The tutors' site, with two models that do not inherit, response_model and Union."""

from typing import Annotated, Union

from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field

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


class PublicTutor(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: int
    name: str
    bio: str
    rating: float = Field(ge=0, le=5)


class PrivateTutor(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: int
    name: str
    bio: str
    rating: float = Field(ge=0, le=5)
    email: str
    phone: str


@app.get("/tutors")
async def list_all() -> list[PublicTutor]:
    return [PublicTutor(**row) for row in TUTORS.values()]


@app.get("/tutors/{tutor_id}", response_model=Union[PublicTutor, PrivateTutor])  # noqa: UP007 - the older spelling
async def read(tutor_id: int, viewer: ViewerId = None):
    row = TUTORS.get(tutor_id)
    if row is None:
        raise HTTPException(status_code=404, detail="No such tutor")
    if viewer is not None and viewer == tutor_id:
        return PrivateTutor(**row)
    return PublicTutor(**row)
