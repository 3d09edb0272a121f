import os

from sqlalchemy import CheckConstraint, ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Jar(Base):
    __tablename__ = "jars"
    label: Mapped[str] = mapped_column(primary_key=True)
    seeds: Mapped[int] = mapped_column(CheckConstraint("seeds >= 0"))


class Entry(Base):
    __tablename__ = "journal"
    id: Mapped[int] = mapped_column(primary_key=True)
    jar: Mapped[str] = mapped_column(ForeignKey("jars.label"))
    change: Mapped[int]


# timeout=0: a locked file is an error at once, not after five seconds.
engine = create_engine(os.environ.get("SEED_BANK_URL", "sqlite:///seed_bank.db"), connect_args={"timeout": 0})
SessionLocal = sessionmaker(engine)
Base.metadata.create_all(engine)
