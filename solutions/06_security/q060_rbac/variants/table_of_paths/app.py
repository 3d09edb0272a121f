"""One table of methods, paths and roles, compared with the path of the request; whatever is not in it is closed."""

import re
from dataclasses import asdict
from typing import Annotated

import housing
from fastapi import APIRouter, Body, FastAPI, HTTPException, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

TABLE = [
    ("GET", "/tickets", {"tenant", "caretaker", "manager"}),
    ("POST", "/tickets", {"tenant"}),
    ("GET", "/tickets/{id}", {"tenant", "caretaker", "manager"}),
    ("PATCH", "/tickets/{id}", {"caretaker", "manager"}),
    ("DELETE", "/tickets/{id}", {"manager"}),
    ("GET", "/staff/report", {"manager"}),
    ("PUT", "/staff/users/{id}/role", {"manager"}),
]
PATTERNS = [(method, re.compile(path.replace("{id}", "[^/]+")), roles) for method, path, roles in TABLE]


class Bearer(HTTPBearer):
    async def __call__(self, request: Request) -> HTTPAuthorizationCredentials:
        try:
            sent = await super().__call__(request)
        except HTTPException:
            sent = None
        user = housing.user_by_token(sent.credentials) if sent else None
        if not user:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
        for method, pattern, roles in PATTERNS:
            if request.method == method and pattern.fullmatch(request.url.path):
                if user.role in roles:
                    return user
        raise HTTPException(403, "Not allowed")


gate = Bearer()
Me = Annotated[housing.User, Security(gate)]

router = APIRouter(prefix="/tickets", tags=["tickets"])
staff = APIRouter(prefix="/staff", tags=["staff"])


def find(number, me):
    ticket = housing.tickets.get(number)
    if ticket:
        if me.role == "manager":
            return ticket
        if me.role == "caretaker" and me.building == ticket.building:
            return ticket
        if me.id == ticket.tenant:
            return ticket
    raise HTTPException(404, "Ticket not found")


@router.get("")
def show(me: Me):
    shown = []
    for number in housing.tickets:
        try:
            shown.append(asdict(find(number, me)))
        except HTTPException:
            pass
    return shown


@router.post("", status_code=201)
def report(me: Me, text: Annotated[str, Body(embed=True)]):
    return asdict(housing.add_ticket(me, text))


@router.get("/{ticket_id}")
def show_one(me: Me, ticket_id: int):
    return asdict(find(ticket_id, me))


@router.patch("/{ticket_id}")
def set_state(me: Me, ticket_id: int, state: Annotated[str, Body(embed=True, pattern="^(open|done)$")]):
    ticket = find(ticket_id, me)
    ticket.state = state
    return asdict(ticket)


@router.delete("/{ticket_id}", status_code=204)
def throw_away(me: Me, ticket_id: int):
    find(ticket_id, me)
    del housing.tickets[ticket_id]


@staff.get("/report")
def report_numbers():
    numbers = dict.fromkeys(("open", "done"), 0)
    for ticket in housing.tickets.values():
        numbers[ticket.state] += 1
    return numbers


@staff.put("/users/{user_id}/role")
def set_role(
    me: Me,
    user_id: Annotated[int, Path()],
    role: Annotated[str, Body(embed=True, json_schema_extra={"enum": list(housing.ROLES)})],
):
    if me.id == user_id:
        raise HTTPException(403, "Not allowed")
    if role not in housing.ROLES:
        raise HTTPException(422, "No such role")
    if not (user := housing.users.get(user_id)):
        raise HTTPException(404, "User not found")
    user.role = role
    return {"role": role, "id": user_id}


app = FastAPI(dependencies=[Security(gate)])
app.include_router(router)
app.include_router(staff)
