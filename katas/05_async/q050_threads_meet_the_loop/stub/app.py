"""The greenhouse. README.md tells what is asked for."""

from fastapi import FastAPI
from plant import Ledger, Meter


def create_app(meter: Meter, ledger: Ledger) -> FastAPI:
    """An app that puts what this meter says into this ledger."""
    return FastAPI()


app = create_app(Meter(), Ledger())
