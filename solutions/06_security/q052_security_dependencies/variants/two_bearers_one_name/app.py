"""The museum's tickets, with a bearer for each need, `Security`, and a guard on the route."""

from cards import FULL_PRICE, find
from fastapi import FastAPI, HTTPException, Response, Security, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

app = FastAPI()

may_show = HTTPBearer(scheme_name="museum card", auto_error=False)
has_to_show = HTTPBearer(scheme_name="museum card")


def look_up(credentials):
    if (card := find(credentials.credentials)) is None:
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            headers={"WWW-Authenticate": 'Bearer realm="museum", error="invalid_token"'},
        )
    return card


async def good_card(credentials: HTTPAuthorizationCredentials = Security(has_to_show)):
    return look_up(credentials)


@app.get("/price")
async def price(credentials: HTTPAuthorizationCredentials | None = Security(may_show)):
    number, percent = None, 100
    if credentials:
        card = look_up(credentials)
        number, percent = card.number, card.percent
    return {"cents": int(FULL_PRICE * percent / 100), "card": number}


@app.get("/card")
async def card(card=Security(good_card)):
    return card


@app.post("/lounge", status_code=204, response_class=Response, dependencies=[Security(good_card)])
async def lounge():
    pass
