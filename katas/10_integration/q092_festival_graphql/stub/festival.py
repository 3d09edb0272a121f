"""The festival's database. Given; do not edit."""

import datetime as dt
import os

from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class Director(Base):
    __tablename__ = "directors"
    name: Mapped[str]


class Film(Base):
    __tablename__ = "films"
    title: Mapped[str]
    director_id: Mapped[int] = mapped_column(ForeignKey("directors.id"))


class Screening(Base):
    __tablename__ = "screenings"
    film_id: Mapped[int] = mapped_column(ForeignKey("films.id"))
    hall: Mapped[str]
    starts_at: Mapped[dt.datetime]
    seats: Mapped[int]
    sold: Mapped[int] = mapped_column(default=0)


class Booking(Base):
    __tablename__ = "bookings"
    screening_id: Mapped[int] = mapped_column(ForeignKey("screenings.id"))
    seats: Mapped[int]


PATH = os.environ.get("FESTIVAL_DB", "festival.db")
engine = create_async_engine(f"sqlite+aiosqlite:///{PATH}")


def session() -> AsyncSession:
    """`async with session() as s:` a new session; one statement at a time in each."""
    return AsyncSession(engine, expire_on_commit=False)


def create_tables() -> None:
    sync = create_engine(f"sqlite:///{PATH}")
    Base.metadata.create_all(sync)
    sync.dispose()


async def get_locale() -> str:
    """A FastAPI dependency: the language of the answers. Tests and other apps override it."""
    return "en"
