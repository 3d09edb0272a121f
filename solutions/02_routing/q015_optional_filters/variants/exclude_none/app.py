"""The help desk's list: a query model as the default value, echoed without its Nones."""

from datetime import date

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


class Filters(BaseModel, extra="forbid"):
    priority: int | None = Field(None, ge=0, le=3)
    escalated: bool | None = None
    assignee: str | None = None
    since: date | None = Field(None, alias="from")
    agent: str | None = Field(None, deprecated="Please send assignee.")


@app.get("/tickets")
async def list_tickets(filters: Filters = Query()):
    found = list(TICKETS)
    if filters.priority is not None:
        found = [ticket for ticket in found if ticket["priority"] == filters.priority]
    if filters.escalated is not None:
        found = [ticket for ticket in found if ticket["escalated"] == filters.escalated]
    # Reading a deprecated field warns, and that is no fault.
    person = filters.assignee if filters.assignee is not None else filters.agent
    if person is not None:
        found = [ticket for ticket in found if ticket["assignee"] == (person or None)]
    if filters.since is not None:
        found = [ticket for ticket in found if ticket["opened"] >= filters.since]
    return {
        "filters": filters.model_dump(mode="json", by_alias=True, exclude_none=True),
        "ids": [ticket["id"] for ticket in found],
    }
