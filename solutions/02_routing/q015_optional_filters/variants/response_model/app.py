"""The help desk's list: the response model leaves out what was not set."""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field

app = FastAPI()

TICKETS = [
    {"id": 4011, "priority": 2, "escalated": False, "assignee": "Mina", "opened": date(2026, 2, 27)},
    {"id": 4014, "priority": 0, "escalated": False, "assignee": None, "opened": date(2026, 3, 2)},
    {"id": 4012, "priority": 0, "escalated": True, "assignee": "Jonas", "opened": date(2026, 3, 2)},
    {"id": 4018, "priority": 3, "escalated": True, "assignee": None, "opened": date(2026, 3, 4)},
    {"id": 4016, "priority": 0, "escalated": False, "assignee": "Mina", "opened": date(2026, 3, 9)},
]


class Filters(BaseModel):
    model_config = ConfigDict(extra="forbid")

    priority: Annotated[int | None, Field(ge=0, le=3)] = None
    escalated: bool | None = None
    assignee: str | None = None
    opened_from: Annotated[date | None, Field(alias="from")] = None
    agent: Annotated[str | None, Field(deprecated=True)] = None


class Answer(BaseModel):
    filters: Filters
    ids: list[int]


@app.get("/tickets", response_model_exclude_unset=True)
def list_tickets(filters: Annotated[Filters, Query()]) -> Answer:
    ids = []
    for ticket in TICKETS:
        if filters.priority not in (None, ticket["priority"]):
            continue
        if filters.escalated not in (None, ticket["escalated"]):
            continue
        if filters.assignee not in (None, ticket["assignee"] or ""):
            continue
        if filters.agent not in (None, ticket["assignee"] or ""):
            continue
        if filters.opened_from and ticket["opened"] < filters.opened_from:
            continue
        ids.append(ticket["id"])
    return Answer(filters=filters, ids=ids)
