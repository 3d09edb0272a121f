from dataclasses import dataclass

FULL_PRICE = 1450  # cents


@dataclass(frozen=True)
class Card:
    number: str  # printed on the card, not secret
    percent: int  # what the holder pays of the full price


_cards: dict[str, Card] = {}


def issue(token: str, number: str, percent: int) -> None:
    _cards[token] = Card(number, percent)


def find(token: str) -> Card | None:
    return _cards.get(token)


def withdraw(token: str) -> None:
    _cards.pop(token, None)


issue("friend-of-the-whales", "M-0001", 60)
