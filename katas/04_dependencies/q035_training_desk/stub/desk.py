"""The ticket desk of a cable car, as it is in use on the mountain."""

from dataclasses import asdict, dataclass
from typing import Annotated

from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, PositiveInt


class Declined(Exception):
    """The card was declined."""


class Terminal:
    """The real card terminal: it moves real money."""

    def charge(self, cents: int) -> str:
        charged.append(cents)
        return f"PAID-{len(charged)}"


class Ledger:
    """Writes sales into a book. To be closed after use."""

    def __init__(self, book: list[dict]):
        self.book, self.closed = book, False

    def add(self, seller: str, cents: int) -> None:
        if self.closed:
            raise RuntimeError("this ledger is closed")
        self.book.append({"seller": seller, "cents": cents})

    def close(self) -> None:
        self.closed = True


@dataclass(frozen=True)
class Person:
    name: str
    role: str  # "seller" or "guide"


charged: list[int] = []
book: list[dict] = []
badges: dict[str, Person] = {"B-100": Person("Vroni", "seller"), "B-200": Person("Sepp", "guide")}


def get_terminal() -> Terminal:
    return Terminal()


def get_ledger():
    ledger = Ledger(book)
    try:
        yield ledger
    finally:
        ledger.close()


def badge_number(x_badge: Annotated[str | None, Header()] = None) -> str:
    if x_badge is None:
        raise HTTPException(401, "Show your badge")
    return x_badge


def current_person(number: Annotated[str, Depends(badge_number)]) -> Person:
    if number not in badges:
        raise HTTPException(401, "Unknown badge")
    return badges[number]


def require_seller(person: Annotated[Person, Depends(current_person)]) -> Person:
    if person.role != "seller":
        raise HTTPException(403, "Sellers only")
    return person


class Sale(BaseModel):
    cents: PositiveInt


def create_app() -> FastAPI:
    app = FastAPI(title="Cable car tickets")

    @app.post("/sales", status_code=201)
    def sell(
        sale: Sale,
        seller: Annotated[Person, Depends(require_seller)],
        terminal: Annotated[Terminal, Depends(get_terminal)],
        ledger: Annotated[Ledger, Depends(get_ledger)],
    ):
        try:
            receipt = terminal.charge(sale.cents)
        except Declined:
            raise HTTPException(402, "Card declined") from None
        ledger.add(seller.name, sale.cents)
        return {"receipt": receipt}

    @app.get("/sales", dependencies=[Depends(current_person)])
    def sales(ledger: Annotated[Ledger, Depends(get_ledger)]):
        return ledger.book

    @app.get("/me")
    def me(person: Annotated[Person, Depends(current_person)]):
        return asdict(person)

    return app
