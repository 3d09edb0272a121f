"""Rooms for a choir festival. README.md tells what is asked for."""

import httpx
from fastapi import FastAPI
from hotel import HOTEL_URL, Hotel, HotelDown, SoldOut, UnknownHold

app = FastAPI()


class HttpHotel:
    """The real hotel, over HTTP."""

    def __init__(self, client: httpx.Client) -> None:
        """The client has its `base_url` already."""

    def hold(self, guest: str, nights: int) -> str:
        """Takes a room; gives the reference of the hold."""

    def release(self, reference: str) -> None:
        """Gives the room back."""


class FakeHotel:
    """A hotel in memory, with the rules of the real one."""

    def __init__(self, rooms: int) -> None:
        """So many rooms it has."""

    def hold(self, guest: str, nights: int) -> str:
        """Takes a room; gives the reference of the hold."""

    def release(self, reference: str) -> None:
        """Gives the room back."""


def get_hotel():
    """The dependency: gives the real hotel. All that the routes know of a hotel is what they get from here."""


# Your routes go here.
