"""The help desk's list."""

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
    """All query parameters of the list. Nobody can send None, so None means: not sent."""

    model_config = ConfigDict(extra="forbid")

    priority: int | None = Field(default=None, ge=0, le=3)
    escalated: bool | None = None
    assignee: str | None = None
    from_: date | None = Field(default=None, alias="from")  # `from` is a keyword of Python's
    agent: str | None = Field(default=None, deprecated=True)


@app.get("/tickets")
def list_tickets(filters: Annotated[Filters, Query()]):
    sent = filters.model_dump(by_alias=True, exclude_unset=True)
    found = TICKETS
    if "priority" in sent:
        found = [ticket for ticket in found if ticket["priority"] == sent["priority"]]
    if "escalated" in sent:
        found = [ticket for ticket in found if ticket["escalated"] == sent["escalated"]]
    for name in ("assignee", "agent"):
        if name in sent:
            person = sent[name] or None  # the empty text asks for tickets of nobody
            found = [ticket for ticket in found if ticket["assignee"] == person]
    if "from" in sent:
        found = [ticket for ticket in found if ticket["opened"] >= sent["from"]]
    return {"filters": sent, "ids": [ticket["id"] for ticket in found]}
