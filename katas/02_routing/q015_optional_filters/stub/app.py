"""The help desk's list. README.md tells which filters it wants."""

from datetime import date

from fastapi import FastAPI

app = FastAPI()

# Priority 0 is the most urgent. A ticket that nobody works on has no assignee.
TICKETS = [
    {"id": 4011, "priority": 2, "escalated": False, "assignee": "Mina", "opened": date(2026, 2, 27)},
    {"id": 4014, "priority": 0, "escalated": False, "assignee": None, "opened": date(2026, 3, 2)},
    {"id": 4012, "priority": 0, "escalated": True, "assignee": "Jonas", "opened": date(2026, 3, 2)},
    {"id": 4018, "priority": 3, "escalated": True, "assignee": None, "opened": date(2026, 3, 4)},
    {"id": 4016, "priority": 0, "escalated": False, "assignee": "Mina", "opened": date(2026, 3, 9)},
]

# Your route goes here.
