IDLE_SECONDS = 30 * 60


class Clock:
    """Read the time here, so that it can be moved."""

    def __init__(self) -> None:
        self._now = 1_000_000.0

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


clock = Clock()

# Customer -> password. Plain here, because hashing is not this kata's subject.
customers: dict[str, str] = {"row-one@stage.example": "encore"}

# Customer -> orders.
orders: dict[str, list[str]] = {}


def check_login(email: str, password: str) -> bool:
    return email in customers and customers[email] == password
