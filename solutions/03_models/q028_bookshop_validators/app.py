"""A second-hand bookshop that cleans what people type."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import isbn
from fastapi import FastAPI
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

app = FastAPI()


def one_line(text: str) -> str:
    return " ".join(text.split())


def clean_isbn(text: str) -> str:
    return isbn.canonical(text.replace("-", "").replace(" ", "").upper())


def not_recalled(number: str, info: ValidationInfo) -> str:
    # FastAPI validates without a context; the import brings its own.
    if number in (info.context or {}).get("recalled", ()):
        raise ValueError("the publisher has recalled this book")
    return number


def split_authors(value: Any) -> Any:
    # Before the type is checked, anything may come: change what you know and pass on the rest.
    return value.split(";") if isinstance(value, str) else value


def drop_empty(names: list[str]) -> list[str]:
    return [name for name in names if name]


def plain_number(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip().removesuffix("€").replace(",", ".")
    return value


def or_unrated(value: Any, check: ValidatorFunctionWrapHandler) -> str:
    if not isinstance(value, str):
        return check(value)  # a fault of the type stays a fault
    try:
        return check(value.strip().lower())
    except ValidationError:
        return "unrated"


# After-validators and limits run from left to right: first clean, then measure or look up.
Isbn = Annotated[str, AfterValidator(clean_isbn), AfterValidator(not_recalled)]
Title = Annotated[str, AfterValidator(one_line), Field(min_length=1, max_length=120)]
Author = Annotated[str, AfterValidator(one_line)]
Authors = Annotated[list[Author], BeforeValidator(split_authors), AfterValidator(drop_empty), Field(min_length=1)]
Price = Annotated[
    Decimal,
    BeforeValidator(plain_number),
    Field(ge=0, decimal_places=2),
    PlainSerializer(lambda price: f"{price:.2f}", return_type=str),
]
Condition = Annotated[Literal["new", "fine", "good", "worn", "unrated"], WrapValidator(or_unrated)]


class Book(BaseModel):
    isbn: Isbn
    title: Title
    authors: Authors
    price: Price
    condition: Condition = "unrated"


class Wish(BaseModel):
    isbn: Isbn
    limit: Price


@app.post("/books", status_code=201)
def add_book(book: Book) -> Book:
    return book


@app.post("/wishes", status_code=201)
def add_wish(wish: Wish) -> Wish:
    return wish
