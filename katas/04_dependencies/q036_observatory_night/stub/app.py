"""A night at the observatory. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()


def open_dome():
    """The dome is open while somebody works, and closed afterwards."""


def ready_camera():
    """The camera, switched on; afterwards the exposure is kept or discarded, and the camera switched off."""


def frame():
    """The `Frame` of the `number` in the path, open until its last byte is sent."""


# Your routes go here.
