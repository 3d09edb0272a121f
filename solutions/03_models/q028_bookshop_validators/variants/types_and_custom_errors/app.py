"""A second-hand bookshop: plain validators, constraints that strip, custom errors, and answers made by hand."""

import decimal
from typing import Annotated, Any

import isbn
from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, PlainValidator, StringConstraints, ValidationInfo
from pydantic_core import PydanticCustomError

router = APIRouter()


def check_isbn(value: Any, info: ValidationInfo) -> str:
    assert isinstance(value, str), "an ISBN is text"
    number = isbn.canonical("".join(c for c in value if c not in " -").upper())
    if info.context and number in info.context.get("recalled", []):
        raise PydanticCustomError("recalled", "{number} was recalled", {"number": number})
    return number


def check_price(value: Any) -> decimal.Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise PydanticCustomError("price", "not a price")
    text = str(value).strip().removesuffix("€").rstrip().replace(",", ".")
    try:
        price = decimal.Decimal(text)
    except decimal.InvalidOperation:
        raise PydanticCustomError("price", "not a number") from None
    if not price.is_finite() or price < 0 or -price.as_tuple().exponent > 2:
        raise PydanticCustomError("price", "not a good price")
    return price


def check_condition(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a condition is text")
    word = value.strip().casefold()
    return word if word in {"new", "fine", "good", "worn"} else "unrated"


def check_authors(value: Any) -> list[str]:
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise PydanticCustomError("authors", "a list of texts, or a text")
    names = [" ".join(part.split()) for part in parts]
    if not any(names):
        raise PydanticCustomError("authors", "nobody wrote it")
    return list(filter(None, names))


Isbn = Annotated[str, PlainValidator(check_isbn)]
Price = Annotated[decimal.Decimal, PlainValidator(check_price)]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=120),
    BeforeValidator(lambda value: " ".join(value.split()) if isinstance(value, str) else value),
]


class Book(BaseModel):
    isbn: Isbn
    title: Title
    authors: Annotated[list[str], PlainValidator(check_authors)]
    price: Price
    condition: Annotated[str, PlainValidator(check_condition)] = "unrated"


class Wish(BaseModel):
    isbn: Isbn
    limit: Price


@router.post("/books")
def add(book: Book):
    return JSONResponse(book.model_dump() | {"price": f"{book.price:.2f}"}, 201)


@router.post("/wishes")
def wish(wish: Wish):
    return JSONResponse({"isbn": wish.isbn, "limit": format(wish.limit, ".2f")}, 201)


app = FastAPI()
app.include_router(router)
