"""The training desk, with coroutines, closures and a mapping that is restored key by key."""

from contextlib import asynccontextmanager, contextmanager
from typing import Annotated

import desk
from fastapi import Header

app = desk.create_app()


class Terminal:
    def __init__(self, charge):
        self.charge = charge


async def terminal(x_decline: Annotated[list[str] | None, Header()] = None):
    def charge(cents):
        if x_decline == ["yes"]:
            raise desk.Declined("the trainee wanted it so")
        return "TRAINING-" + str(cents)

    return Terminal(charge)


def ledger_for(book):
    async def ledger():
        async with opened(book) as one:
            yield one

    return ledger


@asynccontextmanager
async def opened(book):
    ledger = desk.Ledger(book)
    try:
        yield ledger
    finally:
        ledger.close()


app.dependency_overrides.update({desk.get_terminal: terminal, desk.get_ledger: ledger_for([])})

MISSING = object()


@contextmanager
def overriding(app, replacements):
    overrides = app.dependency_overrides
    before = {original: overrides.get(original, MISSING) for original in replacements}
    try:
        overrides.update(replacements)
        yield
    finally:
        for original, earlier in before.items():
            if earlier is MISSING:
                overrides.pop(original, None)
            else:
                overrides[original] = earlier


@contextmanager
def signed_in(app, person):
    async def come_in():
        return person

    with overriding(app, {desk.current_person: come_in}):
        yield
