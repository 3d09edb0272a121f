"""The orders, in SQL. Given; do not edit."""

import os

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///orders.db"))


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class Order(Base):
    __tablename__ = "orders"
    basket: Mapped[str] = mapped_column(unique=True)  # the basket it was made from
    customer: Mapped[str]
    lines: Mapped[list["Line"]] = relationship(lazy="selectin")


class Line(Base):
    __tablename__ = "lines"
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    article: Mapped[str]
    pieces: Mapped[int]


def create_tables() -> None:
    Base.metadata.create_all(engine)


def session() -> Session:
    """`with session() as s:` a new session."""
    return Session(engine, expire_on_commit=False)
