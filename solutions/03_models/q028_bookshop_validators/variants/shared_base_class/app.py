"""A second-hand bookshop, with decorators in a base class that books and wishes share."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Any

from fastapi import FastAPI
from isbn import canonical
from pydantic import BaseModel, Field, ValidationInfo, field_serializer, field_validator

app = FastAPI()


class Condition(StrEnum):
    NEW = "new"
    FINE = "fine"
    GOOD = "good"
    WORN = "worn"
    UNRATED = "unrated"


class Rules(BaseModel):
    """The rules that books and wishes have in common."""

    @field_validator("isbn", check_fields=False)
    @classmethod
    def clean_isbn(cls, value: str, info: ValidationInfo) -> str:
        value = canonical(re.sub(r"[ -]+", "", value).upper())
        if info.context is not None and value in info.context.get("recalled", set()):
            raise ValueError("recalled")
        return value

    @field_validator("price", "limit", mode="before", check_fields=False)
    @classmethod
    def euros(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("a boolean is no price")
        if isinstance(value, str):
            value = re.sub(r"\s*€?\s*$", "", value).replace(",", ".")
        return value

    @field_serializer("price", "limit", check_fields=False)
    def as_text(self, value: Decimal) -> str:
        return format(value, ".2f")


class Book(Rules):
    isbn: str
    title: str = Field(min_length=1, max_length=120)
    authors: list[str] = Field(min_length=1)
    price: Decimal = Field(ge=0, decimal_places=2)
    condition: Condition = Condition.UNRATED

    @field_validator("title", mode="before")
    @classmethod
    def clean_title(cls, value: Any) -> Any:
        return re.sub(r"\s+", " ", value).strip() if isinstance(value, str) else value

    @field_validator("authors", mode="before")
    @classmethod
    def clean_authors(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = value.split(";")
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            return value
        return [clean for name in value if (clean := re.sub(r"\s+", " ", name).strip())]

    @field_validator("condition", mode="before")
    @classmethod
    def known(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        value = value.strip().lower()
        return value if value in list(Condition) else Condition.UNRATED


class Wish(Rules):
    isbn: str
    limit: Decimal = Field(ge=0, decimal_places=2)


@app.post("/books", status_code=201, response_model=Book)
async def books(book: Book):
    return book


@app.post("/wishes", status_code=201, response_model=Wish)
async def wishes(wish: Wish):
    return wish
