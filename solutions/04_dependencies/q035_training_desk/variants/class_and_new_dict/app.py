"""The training desk, with a class for the tools and a new mapping for each block."""

from collections.abc import Iterator

import desk
from desk import Declined, Ledger, create_app, current_person, get_ledger, get_terminal
from fastapi import FastAPI, Request


class Training(desk.Terminal):
    def __init__(self, declines: bool) -> None:
        self.declines = declines

    def charge(self, cents: int) -> str:
        if self.declines:
            raise Declined
        return f"TRAINING-{cents}"


def training_terminal(request: Request) -> Training:
    return Training(declines=request.headers.get("x-decline") == "yes")


book: list[dict] = []


def training_ledger() -> Iterator[Ledger]:
    ledger = Ledger(book)
    try:
        yield ledger
    finally:
        ledger.close()


def build() -> FastAPI:
    app = create_app()
    app.dependency_overrides = {get_terminal: training_terminal, get_ledger: training_ledger}
    return app


app = build()


class overriding:
    def __init__(self, app, replacements):
        self.app = app
        self.replacements = replacements

    def __enter__(self):
        self.before = self.app.dependency_overrides
        self.app.dependency_overrides = {**self.before, **self.replacements}
        return self.app

    def __exit__(self, *_):
        self.app.dependency_overrides = self.before


def signed_in(app, person):
    return overriding(app, {current_person: lambda: person})
