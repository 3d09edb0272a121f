"""The outbox. README.md tells what is asked for."""

from fastapi import FastAPI
from gateway import Gateway


def create_app(gateway: Gateway, drain_seconds: float = 5.0) -> FastAPI:
    """An app that delivers through this gateway, and that has `drain_seconds` at shutdown for what is left."""
    return FastAPI()


app = create_app(Gateway())
