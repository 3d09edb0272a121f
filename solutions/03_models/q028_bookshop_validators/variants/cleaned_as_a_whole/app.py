"""A second-hand bookshop: one validator tidies all texts of a form, then every field has its own rule."""

from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar

import isbn
from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, condecimal, field_validator, model_validator

app = FastAPI()

Euros = condecimal(ge=0, decimal_places=2)


class Condition(Enum):
    new = "new"
    fine = "fine"
    good = "good"
    worn = "worn"
    unrated = "unrated"


def euros(text: str) -> str:
    return text.replace(",", ".").rstrip(" €")


class Form(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True)
    tidy: ClassVar[dict[str, Callable[[str], Any]]]

    isbn: str

    @model_validator(mode="before")
    @classmethod
    def tidy_texts(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return data | {name: rule(data[name]) for name, rule in cls.tidy.items() if isinstance(data.get(name), str)}

    @field_validator("isbn")
    @classmethod
    def is_good(cls, value: str, info: ValidationInfo) -> str:
        number = isbn.canonical("".join(value.replace("-", " ").split()).upper())
        match info.context:
            case {"recalled": recalled} if number in recalled:
                raise ValueError("this book was recalled")
        return number


class Book(Form):
    tidy = {
        "title": lambda text: " ".join(text.split()),
        "authors": lambda text: text.split(";"),
        "price": euros,
        "condition": lambda text: Condition.__members__.get(text.strip().lower(), Condition.unrated),
    }

    title: str = Field(min_length=1, max_length=120)
    authors: tuple[str, ...] = Field(min_length=1)
    price: Euros
    condition: Condition = Condition.unrated

    @field_validator("authors")
    @classmethod
    def nobody_is_empty(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(" ".join(name.split()) for name in names if name.strip())
        assert names, "somebody wrote it"
        return names


class Wish(Form):
    tidy = {"limit": euros}

    limit: Euros


def answer(form: Form) -> dict[str, Any]:
    return {name: f"{value:.2f}" if isinstance(value, Decimal) else value for name, value in form}


@app.post("/books", status_code=201)
async def donate(book: Book) -> dict[str, Any]:
    return answer(book)


@app.post("/wishes", status_code=201)
async def wish(wish: Wish) -> dict[str, Any]:
    return answer(wish)
