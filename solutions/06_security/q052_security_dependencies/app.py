"""The museum's tickets: a card may be shown, or has to be shown."""

from typing import Annotated

import cards
from cards import FULL_PRICE, Card
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

app = FastAPI()

bearer = HTTPBearer(auto_error=False)


def refusal() -> HTTPException:
    return HTTPException(401, "No valid card", headers={"WWW-Authenticate": "Bearer"})


def optional_card(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> Card | None:
    if credentials is None:
        return None
    card = cards.find(credentials.credentials)
    if card is None:
        raise refusal()
    return card


def card_holder(card: Annotated[Card | None, Depends(optional_card)]) -> Card:
    if card is None:
        raise refusal()
    return card


@app.get("/price")
def price(card: Annotated[Card | None, Depends(optional_card)]):
    if card is None:
        return {"cents": FULL_PRICE, "card": None}
    return {"cents": FULL_PRICE * card.percent // 100, "card": card.number}


@app.get("/card")
def show_card(card: Annotated[Card, Depends(card_holder)]):
    return {"number": card.number, "percent": card.percent}


@app.post("/lounge", status_code=204, dependencies=[Depends(card_holder)])
def open_the_lounge() -> None:
    """The door's lock opens on any 2xx."""
