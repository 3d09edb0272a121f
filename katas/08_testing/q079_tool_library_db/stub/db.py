"""The tool library's database. Given, finished, not to be changed."""

from collections.abc import Iterator

from sqlalchemy import Engine, ForeignKey, String, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Base(DeclarativeBase):
    pass


class Tool(Base):
    __tablename__ = "tools"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)


class Loan(Base):
    __tablename__ = "loans"

    id: Mapped[int] = mapped_column(primary_key=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("tools.id"), unique=True)
    member: Mapped[str] = mapped_column(String(80))


def real_transactions(engine: Engine) -> None:
    """Leave BEGIN, SAVEPOINT and COMMIT on this SQLite engine to SQLAlchemy. Call it before the first connection."""

    @event.listens_for(engine, "connect")
    def hands_off(connection, record):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")


engine = create_engine("sqlite:///tool_library.db")
real_transactions(engine)
SessionLocal = sessionmaker(engine)


def get_session() -> Iterator[Session]:
    with SessionLocal() as session:
        yield session
