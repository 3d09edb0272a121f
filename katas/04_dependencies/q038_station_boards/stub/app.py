"""The station boards. README.md tells what they ask for."""

import station
from fastapi import FastAPI

app = FastAPI()


# Four dependencies. What each of them does decides whether it is `def` or `async def`.


def speak():
    """Sets `station.language` to the caller's language, from the header `X-Language`."""


def trains():
    """Gives the list that `station.departures` reads for the platform in the path."""


def live():
    """Asks both live feeds about the platform in the path. What it gives is up to you."""


def display():
    """Gives an open link to the display of the platform in the path, and closes it after use."""


# Your routes go here. `station.say` knows the words for the board.
