"""The lending desk with an engine of SQLAlchemy in `def` routes."""

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, create_engine, insert, select, update
from sqlalchemy.exc import IntegrityError

metadata = MetaData()
books = Table(
    "books", metadata, Column("isbn", Text, primary_key=True), Column("title", Text), Column("copies", Integer)
)
loans = Table("loans", metadata, Column("id", Integer, primary_key=True), Column("isbn", Text), Column("member", Text))
router = APIRouter()


class Order(BaseModel):
    member: str


class Refused(Exception):
    pass


def engine(request: Request) -> Engine:
    return request.app.state.engine


@router.get("/ping")
async def ping() -> dict[str, bool]:
    return {"pong": True}


@router.get("/books/{isbn}")
def book(isbn: str, engine: Engine = Depends(engine)):
    with engine.connect() as db:
        row = db.execute(select(books).where(books.c.isbn == isbn)).mappings().first()
    if row is None:
        raise HTTPException(404, "no such book")
    return dict(row)


@router.post("/books/{isbn}/loans", status_code=201)
def lend(isbn: str, order: Order, engine: Engine = Depends(engine)):
    with engine.connect() as db:
        if db.execute(select(books.c.isbn).where(books.c.isbn == isbn)).first() is None:
            raise HTTPException(404, "no such book")
    try:
        with engine.begin() as db:
            loan = db.execute(insert(loans).values(isbn=isbn, member=order.member)).inserted_primary_key[0]
            less = update(books).where(books.c.isbn == isbn, books.c.copies > 0).values(copies=books.c.copies - 1)
            if db.execute(less).rowcount == 0:
                raise HTTPException(409, "no copies left")
            left = db.execute(select(books.c.copies).where(books.c.isbn == isbn)).scalar_one()
    except IntegrityError as error:
        raise HTTPException(409, "already on loan") from error
    return {"loan": loan, "isbn": isbn, "member": order.member, "copies_left": left}


def create_app(database: str) -> FastAPI:
    app = FastAPI()
    app.state.engine = create_engine(f"sqlite:///{database}")
    app.include_router(router)
    return app


app = create_app("library.db")
