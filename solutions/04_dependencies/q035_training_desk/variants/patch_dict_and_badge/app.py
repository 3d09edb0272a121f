"""The training desk; people sign in by way of a temporary badge."""

from contextlib import ExitStack, contextmanager
from typing import Annotated
from unittest.mock import patch
from uuid import uuid4

import desk
from fastapi import Depends, Header

app = desk.create_app()
app.state.book = []


class Card:
    def __init__(self, x_decline: Annotated[str, Header()] = "no") -> None:
        self.good = x_decline != "yes"


class PaperTerminal:
    def __init__(self, card: Annotated[Card, Depends()]) -> None:
        self.card = card

    def charge(self, cents: int) -> str:
        if not self.card.good:
            raise desk.Declined
        return f"TRAINING-{cents}"


class PaperLedger(desk.Ledger):
    pass


async def paper_ledger():
    ledger = PaperLedger(app.state.book)
    try:
        yield ledger
    finally:
        ledger.close()


app.dependency_overrides |= {desk.get_terminal: PaperTerminal, desk.get_ledger: paper_ledger}


def overriding(app, replacements):
    return patch.dict(app.dependency_overrides, replacements)


@contextmanager
def signed_in(app, person):
    temporary = str(uuid4())

    def badge_number(x_badge: Annotated[str | None, Header()] = None) -> str:
        return x_badge or temporary

    with ExitStack() as stack:
        stack.enter_context(patch.dict(desk.badges, {temporary: person}))
        stack.enter_context(overriding(app, {desk.badge_number: badge_number}))
        yield person
