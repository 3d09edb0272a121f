from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    name: str
    role: str  # "climber" or "setter"


walls: dict[int, str] = {1: "slab", 2: "overhang"}
_people: dict[str, Person] = {"rope-and-chalk": Person("Noor", "climber"), "drill-and-bolt": Person("Piet", "setter")}


def find(token: str) -> Person | None:
    """The person with this token. Asks the membership service, which bills each call."""
    return _people.get(token)
