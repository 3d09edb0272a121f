"""Repairs in a housing estate: who you are, what your role may do, and whether this ticket concerns you."""

from collections.abc import Callable
from typing import Annotated, Literal

import housing
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from housing import Ticket, User
from pydantic import BaseModel

bearer = HTTPBearer(auto_error=False)
rules: dict[Callable, tuple[str, ...]] = {}  # the roles that may use a route, by the route's function


def allow(*roles: str):
    def state(endpoint: Callable) -> Callable:
        rules[endpoint] = roles
        return endpoint

    return state


def current_user(sent: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> User:
    user = housing.user_by_token(sent.credentials) if sent else None
    if user is None:
        raise HTTPException(401, "Who are you?", {"WWW-Authenticate": "Bearer"})
    return user


Me = Annotated[User, Depends(current_user)]


def guard(request: Request, me: Me) -> None:
    # Whatever has no rule is for nobody.
    if me.role not in rules.get(request.scope["endpoint"], ()):
        raise HTTPException(403, "Not allowed")


def concerns(ticket: Ticket, user: User) -> bool:
    caretaker = user.role == "caretaker" and ticket.building == user.building
    return ticket.tenant == user.id or caretaker or user.role == "manager"


def ticket_for_me(ticket_id: int, me: Me) -> Ticket:
    ticket = housing.tickets.get(ticket_id)
    if ticket is None or not concerns(ticket, me):
        raise HTTPException(404, "Ticket not found")
    return ticket


MyTicket = Annotated[Ticket, Depends(ticket_for_me)]


class NewTicket(BaseModel):
    text: str


class Change(BaseModel):
    state: Literal["open", "done"]


class NewRole(BaseModel):
    role: Literal["tenant", "caretaker", "manager"]


app = FastAPI(dependencies=[Depends(guard)])


@app.get("/tickets")
@allow("tenant", "caretaker", "manager")
def list_tickets(me: Me):
    return [ticket for ticket in housing.tickets.values() if concerns(ticket, me)]


@app.post("/tickets", status_code=201)
@allow("tenant")
def report_ticket(new: NewTicket, me: Me):
    return housing.add_ticket(me, new.text)


@app.get("/tickets/{ticket_id}")
@allow("tenant", "caretaker", "manager")
def read_ticket(ticket: MyTicket):
    return ticket


@app.patch("/tickets/{ticket_id}")
@allow("caretaker", "manager")
def change_ticket(ticket: MyTicket, change: Change):
    ticket.state = change.state
    return ticket


@app.delete("/tickets/{ticket_id}", status_code=204)
@allow("manager")
def delete_ticket(ticket: MyTicket):
    del housing.tickets[ticket.id]


@app.get("/staff/report")
@allow("manager")
def count_tickets():
    states = [ticket.state for ticket in housing.tickets.values()]
    return {state: states.count(state) for state in ("open", "done")}


@app.put("/staff/users/{user_id}/role")
@allow("manager")
def give_role(user_id: int, new: NewRole, me: Me):
    if user_id == me.id:
        raise HTTPException(403, "Not allowed")
    user = housing.users.get(user_id)
    if user is None:
        raise HTTPException(404, "User not found")
    user.role = new.role
    return {"id": user.id, "role": user.role}
