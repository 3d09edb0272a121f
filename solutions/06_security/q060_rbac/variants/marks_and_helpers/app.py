"""Roles stated with the route itself (`openapi_extra`), one guard that reads them, and helpers instead of dependencies."""

from typing import Literal

import housing
from fastapi import Body, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

token = HTTPBearer(auto_error=False)


class NotAllowed(Exception):
    pass


def guard(request: Request, sent=Depends(token)):
    request.state.user = user = housing.user_by_token(sent.credentials if sent else "")
    if user is None:
        raise HTTPException(status_code=401, detail="Unknown", headers={"www-authenticate": "bearer"})
    may = (request.scope["route"].openapi_extra or {}).get("x-roles", [])
    if user.role not in may:
        raise NotAllowed


app = FastAPI(dependencies=[Depends(guard)])


@app.exception_handler(NotAllowed)
async def not_allowed(request, error):
    return JSONResponse({"detail": "Not allowed"}, 403)


def may(*roles):
    return {"openapi_extra": {"x-roles": roles}}


def mine(request):
    user = request.state.user
    match user.role:
        case "manager":
            return [*housing.tickets.values()]
        case "caretaker":
            return [one for one in housing.tickets.values() if one.building == user.building or one.tenant == user.id]
        case _:
            return [one for one in housing.tickets.values() if one.tenant == user.id]


def look_up(request, ticket_id):
    for ticket in mine(request):
        if ticket.id == ticket_id:
            return ticket
    raise HTTPException(404, "Ticket not found")


@app.get("/tickets", **may(*housing.ROLES))
def index(request: Request):
    return sorted(mine(request), key=lambda ticket: ticket.id)


@app.post("/tickets", status_code=201, **may("tenant"))
def create(request: Request, text: str = Body(embed=True)):
    return housing.add_ticket(request.state.user, text)


@app.get("/tickets/{ticket_id}", **may(*housing.ROLES))
def show(request: Request, ticket_id: int):
    return look_up(request, ticket_id)


@app.patch("/tickets/{ticket_id}", **may("caretaker", "manager"))
def update(request: Request, ticket_id: int, state: Literal["open", "done"] = Body(embed=True)):
    ticket = look_up(request, ticket_id)
    ticket.state = state
    return ticket


@app.delete("/tickets/{ticket_id}", status_code=204, **may("manager"))
def destroy(request: Request, ticket_id: int):
    housing.tickets.pop(look_up(request, ticket_id).id)


@app.get("/staff/report", **may("manager"))
def report(request: Request):
    everything = mine(request)
    return {state: len([one for one in everything if one.state == state]) for state in ("done", "open")}


@app.put("/staff/users/{user_id}/role", **may("manager"))
def role(request: Request, user_id: int, role: Literal["tenant", "caretaker", "manager"] = Body(embed=True)):
    if user_id == request.state.user.id:
        raise NotAllowed
    if user_id not in housing.users:
        raise HTTPException(404, "User not found")
    housing.users[user_id].role = role
    return {"id": user_id, "role": role}
