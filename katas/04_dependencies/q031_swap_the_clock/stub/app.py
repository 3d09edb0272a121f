"""Overdue notices. README.md tells what the library needs; the desk's own parts are in desk.py."""

from desk import Clock, Letterbox, Mailer, WallClock, loans
from fastapi import FastAPI

app = FastAPI()


def get_clock():
    """The clock that routes work with: a `WallClock`."""


def get_mailer():
    """The mailer that routes work with: a `Letterbox`."""


# Your two routes go here.
