from dataclasses import dataclass, field

SCOPES = {
    "climate:read": "Read every sensor of the climate control",
    "climate:read:daily": "Read the daily average only",
    "climate:write": "Change the target temperature",
    "valves:write": "Open the water valves",
}


@dataclass
class Grower:
    username: str
    password: str  # plain here, because hashing is not this kata's subject
    scopes: set[str] = field(default_factory=set)  # what this grower may grant to an app


growers: dict[str, Grower] = {}


def check_login(username: str, password: str) -> Grower | None:
    grower = growers.get(username)
    return grower if grower and grower.password == password else None


@dataclass
class House:
    target: int = 21
    sensors: list[int] = field(default_factory=lambda: [20, 22])
    opened: list[int] = field(default_factory=list)  # valves, in the order in which they were opened


house = House()
growers["head"] = Grower("head", "tomato", set(SCOPES))
