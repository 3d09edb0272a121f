"""The ticket screen of a bakery, with SQLAlchemy."""

import os

from fastapi import FastAPI
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.schema import CreateTable


class Base(DeclarativeBase):
    pass


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = {"sqlite_autoincrement": True}

    number: Mapped[int] = mapped_column(primary_key=True)


engine = create_engine(f"sqlite:///{os.environ['TICKETS_DB']}")
with engine.begin() as connection:
    # `create_all` looks first and creates afterwards, which is one step too many for two workers.
    connection.execute(CreateTable(Ticket.__table__, if_not_exists=True))

app = FastAPI()


@app.post("/tickets", status_code=201)
def take_a_ticket():
    with Session(engine) as session:
        ticket = Ticket()
        session.add(ticket)
        session.commit()
        return {"number": ticket.number, "worker": os.getpid()}


@app.get("/tickets/last")
def last_ticket():
    with Session(engine) as session:
        return {"number": session.scalar(select(func.max(Ticket.number))) or 0}
