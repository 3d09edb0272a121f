"""The training desk, and tools to replace parts for a moment."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any

import desk
from fastapi import FastAPI, Header

app = desk.create_app()

training_book: list[dict] = []


# A replacement is a dependency like any other. This one is a class with a parameter of its own.
class TrainingTerminal:
    def __init__(self, x_decline: Annotated[str | None, Header()] = None) -> None:
        self.declines = x_decline == "yes"

    def charge(self, cents: int) -> str:
        if self.declines:
            raise desk.Declined
        return f"TRAINING-{cents}"


# The original is not run, so its clean-up is not run either: the replacement brings its own.
def training_ledger() -> Iterator[desk.Ledger]:
    ledger = desk.Ledger(training_book)
    try:
        yield ledger
    finally:
        ledger.close()


app.dependency_overrides[desk.get_terminal] = TrainingTerminal
app.dependency_overrides[desk.get_ledger] = training_ledger


@contextmanager
def overriding(app: FastAPI, replacements: Mapping[Callable[..., Any], Callable[..., Any]]) -> Iterator[None]:
    before = dict(app.dependency_overrides)
    app.dependency_overrides.update(replacements)
    try:
        yield
    finally:
        app.dependency_overrides.clear()
        app.dependency_overrides.update(before)


@contextmanager
def signed_in(app: FastAPI, person: desk.Person) -> Iterator[None]:
    # The person, and not the rule that stands on it: `require_seller` still decides.
    with overriding(app, {desk.current_person: lambda: person}):
        yield
