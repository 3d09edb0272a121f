"""The help desk's list, with single parameters and a dependency that refuses all others."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError

app = FastAPI()

TICKETS = [
    {"id": 4011, "priority": 2, "escalated": False, "assignee": "Mina", "opened": date(2026, 2, 27)},
    {"id": 4014, "priority": 0, "escalated": False, "assignee": None, "opened": date(2026, 3, 2)},
    {"id": 4012, "priority": 0, "escalated": True, "assignee": "Jonas", "opened": date(2026, 3, 2)},
    {"id": 4018, "priority": 3, "escalated": True, "assignee": None, "opened": date(2026, 3, 4)},
    {"id": 4016, "priority": 0, "escalated": False, "assignee": "Mina", "opened": date(2026, 3, 9)},
]

KNOWN = {"priority", "escalated", "assignee", "from", "agent"}


async def only_known_names(request: Request) -> None:
    unknown = [name for name in request.query_params if name not in KNOWN]
    if unknown:
        raise RequestValidationError(
            [
                {"type": "unknown", "loc": ("query", name), "msg": "There is no such filter", "input": ""}
                for name in unknown
            ]
        )


router = APIRouter(dependencies=[Depends(only_known_names)])


@router.get("/tickets")
async def list_tickets(
    priority: Annotated[int | None, Query(ge=0, le=3)] = None,
    escalated: bool | None = None,
    assignee: str | None = None,
    since: Annotated[date | None, Query(alias="from")] = None,
    agent: Annotated[str | None, Query(deprecated=True)] = None,
):
    person = agent if assignee is None else assignee

    def wanted(ticket) -> bool:
        return (
            (priority is None or ticket["priority"] == priority)
            and (escalated is None or ticket["escalated"] is escalated)
            and (person is None or (ticket["assignee"] or "") == person)
            and (since is None or ticket["opened"] >= since)
        )

    values = {"priority": priority, "escalated": escalated, "assignee": assignee, "from": since, "agent": agent}
    return {
        "filters": {name: value for name, value in values.items() if value is not None},
        "ids": [ticket["id"] for ticket in TICKETS if wanted(ticket)],
    }


app.include_router(router)
