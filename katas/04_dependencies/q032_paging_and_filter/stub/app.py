"""A bird archive. README.md tells what its lists have to do; the data are in archive.py."""

import archive
from fastapi import FastAPI

app = FastAPI()


def paging():
    """Which page of a list is wanted, and how long a page is."""


class SightingFilter:
    """Which sightings are wanted."""


# Your three routes go here.
