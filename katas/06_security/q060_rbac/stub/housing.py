from dataclasses import dataclass
from itertools import count

ROLES = ("tenant", "caretaker", "manager")


@dataclass
class User:
    id: int
    role: str
    building: str


@dataclass
class Ticket:
    id: int
    tenant: int  # id of the user who wrote it
    building: str
    text: str
    state: str = "open"  # or "done"


users: dict[int, User] = {}
tickets: dict[int, Ticket] = {}
_tokens: dict[str, int] = {}
_ids = count(1)


def add_user(token: str, role: str, building: str) -> User:
    user = User(next(_ids), role, building)
    users[user.id] = user
    _tokens[token] = user.id
    return user


def user_by_token(token: str) -> User | None:
    return users.get(_tokens.get(token, 0))


def add_ticket(tenant: User, text: str) -> Ticket:
    ticket = Ticket(next(_ids), tenant.id, tenant.building, text)
    tickets[ticket.id] = ticket
    return ticket


add_user("demo-tenant", "tenant", "Quay 1")
add_user("demo-manager", "manager", "office")
