from collections.abc import Callable
from dataclasses import dataclass
from itertools import count


@dataclass(frozen=True)
class Lot:
    title: str
    dollars: float  # the highest bid


@dataclass(frozen=True)
class Clerk:
    name: str
    rights: frozenset[str]


lots: dict[int, Lot] = {7: Lot("Brass sextant", 420.0)}
_clerks: dict[str, Clerk] = {"paddle-1": Clerk("Wim", frozenset({"auction", "sell"}))}
_numbers = count(1)
_quote: Callable[[], float] = lambda: 0.92
_fees: Callable[[], dict[str, float]] = lambda: {"premium": 0.2}


def fetch_rate() -> float:
    """Euros for a dollar, this very moment. Every call is billed and gives another rate."""
    return _quote()


def load_fees() -> dict[str, float]:
    """The fee table. Takes seconds to load; does not change while we run."""
    return _fees()


def next_receipt() -> int:
    """Takes the next number out of the receipt book; the auditors want no gaps."""
    return next(_numbers)


def find_clerk(key: str) -> Clerk | None:
    """Who has this key. Every call is billed."""
    return _clerks.get(key)
