"""The help desk's list: model_fields_set tells what was sent, a table tells what it means."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

app = FastAPI()

TICKETS = [
    {"id": 4011, "priority": 2, "escalated": False, "assignee": "Mina", "opened": date(2026, 2, 27)},
    {"id": 4014, "priority": 0, "escalated": False, "assignee": None, "opened": date(2026, 3, 2)},
    {"id": 4012, "priority": 0, "escalated": True, "assignee": "Jonas", "opened": date(2026, 3, 2)},
    {"id": 4018, "priority": 3, "escalated": True, "assignee": None, "opened": date(2026, 3, 4)},
    {"id": 4016, "priority": 0, "escalated": False, "assignee": "Mina", "opened": date(2026, 3, 9)},
]


class Filters(BaseModel):
    model_config = {"extra": "forbid"}

    priority: int | None = Field(default=None, ge=0, le=3)
    escalated: bool | None = Field(default=None)
    assignee: str | None = Field(default=None)
    day: date | None = Field(default=None, validation_alias="from", serialization_alias="from")
    agent: str | None = Field(default=None, deprecated=True)


FITS = {
    "priority": lambda ticket, value: ticket["priority"] == value,
    "escalated": lambda ticket, value: ticket["escalated"] == value,
    "assignee": lambda ticket, value: (ticket["assignee"] or "") == value,
    "day": lambda ticket, value: ticket["opened"] >= value,
    "agent": lambda ticket, value: (ticket["assignee"] or "") == value,
}


@app.get("/tickets")
def list_tickets(filters: Annotated[Filters, Query()]):
    sent = {name: getattr(filters, name) for name in filters.model_fields_set}
    return {
        "filters": filters.model_dump(include=filters.model_fields_set, by_alias=True),
        "ids": [ticket["id"] for ticket in TICKETS if all(FITS[name](ticket, value) for name, value in sent.items())],
    }
