"""Sea buoys. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()


def buoy():
    """The `Buoy` that the path names."""


def units():
    """`"metric"` or `"imperial"`, as the query says."""


def reading():
    """The `Reading` of this buoy."""


class Quantity:
    """`Quantity("water")` is a dependency that gives one quantity of the reading."""


# Your routes go here.
