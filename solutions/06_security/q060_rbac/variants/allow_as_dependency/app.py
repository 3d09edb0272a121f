"""Rules as dependencies, `Allow("manager")`, and a guard of the app that looks for one below the route."""

from enum import StrEnum

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response, status
from fastapi.security import HTTPBearer
from housing import Ticket, User, add_ticket, tickets, user_by_token, users
from pydantic import BaseModel, ConfigDict

scheme = HTTPBearer(auto_error=False, scheme_name="estate")


class Role(StrEnum):
    tenant = "tenant"
    caretaker = "caretaker"
    manager = "manager"


class State(StrEnum):
    open = "open"
    done = "done"


async def current_user(request: Request, sent=Depends(scheme)) -> User:
    user = sent and user_by_token(sent.credentials)
    if not user:
        raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer realm="estate"'})
    return user


class Allow:
    def __init__(self, *roles):
        self.roles = roles

    async def __call__(self, user: User = Depends(current_user)):
        if user.role not in self.roles:
            raise HTTPException(403, "Not allowed")


def rules_below(dependant):
    for one in dependant.dependencies:
        if isinstance(one.call, Allow):
            yield one.call
        yield from rules_below(one)


async def closed(request: Request, user: User = Depends(current_user)):
    if not any(rules_below(request.scope["route"].dependant)):
        raise HTTPException(403, "Not allowed")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class New(Strict):
    text: str


class Change(Strict):
    state: State


class NewRole(Strict):
    role: Role


def visible(user: User = Depends(current_user)) -> dict[int, Ticket]:
    if user.role == Role.manager:
        return tickets
    return {
        number: ticket
        for number, ticket in tickets.items()
        if ticket.tenant == user.id or (user.role == Role.caretaker and ticket.building == user.building)
    }


def ticket_or_404(ticket_id: int, mine: dict = Depends(visible)) -> Ticket:
    if ticket_id not in mine:
        raise HTTPException(404, "Ticket not found")
    return mine[ticket_id]


everybody, staff, managers = Allow(*Role), Allow("caretaker", "manager"), Allow("manager")

desk = APIRouter(prefix="/tickets")
office = APIRouter(prefix="/staff")


@desk.get("", dependencies=[Depends(everybody)])
async def mine(found: dict = Depends(visible)):
    return list(found.values())


@desk.post("", status_code=status.HTTP_201_CREATED, dependencies=[Depends(Allow("tenant"))])
async def report(new: New, user: User = Depends(current_user)) -> Ticket:
    return add_ticket(user, new.text)


@desk.get("/{ticket_id}", dependencies=[Depends(everybody)])
async def one(ticket: Ticket = Depends(ticket_or_404)):
    return ticket


@desk.patch("/{ticket_id}", dependencies=[Depends(staff)])
async def change(change: Change, ticket: Ticket = Depends(ticket_or_404)):
    ticket.state = change.state.value
    return ticket


@desk.delete("/{ticket_id}", dependencies=[Depends(managers)])
async def delete(ticket: Ticket = Depends(ticket_or_404)):
    tickets.pop(ticket.id)
    return Response(status_code=204)


@office.get("/report", dependencies=[Depends(managers)])
async def numbers():
    done = sum(ticket.state == "done" for ticket in tickets.values())
    return {"open": len(tickets) - done, "done": done}


def other(user_id: int, me: User = Depends(current_user)) -> User:
    if user_id == me.id:
        raise HTTPException(403, "Not allowed")
    if user_id not in users:
        raise HTTPException(404, "User not found")
    return users[user_id]


@office.put("/users/{user_id}/role", dependencies=[Depends(managers)])
async def give(new: NewRole, user: User = Depends(other)):
    users[user.id] = User(user.id, new.role.value, user.building)
    return {"id": user.id, "role": new.role}


app = FastAPI(dependencies=[Depends(closed)])
app.include_router(desk)
app.include_router(office)
