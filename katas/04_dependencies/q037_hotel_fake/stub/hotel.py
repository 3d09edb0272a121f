import os
from typing import Protocol

HOTEL_URL = os.environ.get("HOTEL_URL", "https://hotel.example/v1")


class SoldOut(Exception):
    """No room is left."""


class UnknownHold(Exception):
    """The hotel has no such hold (any more)."""


class HotelDown(Exception):
    """The hotel does not answer, or not as agreed."""


class Hotel(Protocol):
    def hold(self, guest: str, nights: int) -> str:
        """Take a room; the reference of the hold. Raises SoldOut, HotelDown."""
        ...

    def release(self, reference: str) -> None:
        """Give the room back. Raises UnknownHold, HotelDown."""
        ...
