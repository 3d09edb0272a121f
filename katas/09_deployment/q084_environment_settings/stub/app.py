"""The newsletter service. README.md tells what is asked for."""

from fastapi import FastAPI


def create_app():
    """Make the app, as this environment wants it."""
    return FastAPI()
