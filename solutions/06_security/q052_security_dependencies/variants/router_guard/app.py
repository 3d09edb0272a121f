"""The museum's tickets, with a router for members whose guard leaves the card in `request.state`."""

from typing import Annotated

import cards
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

app = FastAPI()


class Price(BaseModel):
    cents: int
    card: str | None = None


class CardOut(BaseModel):
    number: str
    percent: int


class Holder:
    def __init__(self, required):
        self.required = required

    def __call__(
        self,
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    ):
        request.state.card = cards.find(credentials.credentials) if credentials else None
        if request.state.card is None and (credentials or self.required):
            raise HTTPException(401, {"reason": "card"}, {"www-authenticate": "bearer"})


members = APIRouter(dependencies=[Depends(Holder(required=True))])


@app.get("/price", response_model=Price, dependencies=[Depends(Holder(required=False))])
def price(request: Request):
    card = request.state.card
    if not card:
        return Price(cents=cards.FULL_PRICE)
    return Price(cents=divmod(cards.FULL_PRICE * card.percent, 100)[0], card=card.number)


@members.get("/card", response_model=CardOut)
def card(request: Request):
    return vars(request.state.card)


@members.post("/lounge", status_code=204)
def lounge():
    return Response(status_code=204)


app.include_router(members)
