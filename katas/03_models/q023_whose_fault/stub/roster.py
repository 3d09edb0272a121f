from typing import Any

from pydantic import BaseModel, Field


class Letter(BaseModel):
    """The head of a letter to a participant."""

    name: str = Field(min_length=1)
    age: int = Field(ge=16)


# (course, seat) -> the row as the old system wrote it. Some rows are broken.
rows: dict[tuple[int, int], dict[str, Any]] = {
    (1, 1): {"name": "Seat one", "age": 44},
    (1, 2): {"name": "Seat two", "age": "unknown"},
}


def letter(course: int, seat: int) -> Letter:
    """The letter head for a row; KeyError if there is none, pydantic.ValidationError if it is broken."""
    return Letter.model_validate(rows[course, seat])
