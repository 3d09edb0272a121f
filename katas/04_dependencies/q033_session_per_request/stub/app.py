"""The seed bank. README.md tells what is asked for."""

from fastapi import FastAPI

app = FastAPI()


def get_session():
    """A session for this request, with one transaction around all that the request does."""


# Your routes go here.
