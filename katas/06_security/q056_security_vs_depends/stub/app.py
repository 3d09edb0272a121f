"""The bank's guard for all teams. README.md tells what is asked for; the clients are in vault.py."""

from fastapi import FastAPI
from fastapi.security import HTTPBearer
from vault import Client, find

app = FastAPI()
bearer = HTTPBearer()


def current_client() -> Client:
    """The client whose token this is, if they hold all scopes that are asked for."""
    raise NotImplementedError


def active_client() -> Client:
    """The same client, if they are not frozen."""
    raise NotImplementedError


# Your routes go here.
