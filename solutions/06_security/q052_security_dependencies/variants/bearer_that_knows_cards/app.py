"""The museum's tickets, with a subclass of `HTTPBearer` that returns the card, and an exception of its own."""

import cards
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

app = FastAPI()


class NoSuchCard(Exception):
    pass


@app.exception_handler(NoSuchCard)
def no_such_card(request: Request, error: NoSuchCard):
    return JSONResponse({"detail": "unknown"}, 401, headers=HTTPBearer().make_authenticate_headers())


class CardScheme(HTTPBearer):
    def __init__(self, **options):
        super().__init__(scheme_name="Card", **options)

    async def __call__(self, request: Request):
        credentials = await super().__call__(request)
        if credentials is None:
            return None
        card = cards.find(credentials.credentials)
        if card is None:
            raise NoSuchCard
        return card


@app.get("/price")
def price(card=Depends(CardScheme(auto_error=False))) -> dict[str, int | str | None]:
    return {
        "cents": cards.FULL_PRICE * (card.percent if card else 100) // 100,
        "card": card and card.number,
    }


holder = CardScheme()


@app.get("/card")
def card(card: cards.Card = Depends(holder)) -> cards.Card:
    return card


@app.post("/lounge", status_code=204)
def lounge(_: cards.Card = Depends(holder)):
    return None
