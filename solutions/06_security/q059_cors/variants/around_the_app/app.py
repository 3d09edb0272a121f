"""CORS wrapped around the whole app from outside; the pattern counts characters instead of escaping them."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Body, FastAPI, HTTPException, Response
from harbour import CONSOLE_ORIGIN, PREVIEW_DOMAIN, BadgeGate, berths
from starlette.middleware.cors import CORSMiddleware

api = FastAPI(title="Berths")
api.add_middleware(BadgeGate)


class Console(CORSMiddleware):
    def is_allowed_origin(self, origin):
        if origin == CONSOLE_ORIGIN:
            return True
        url = urlsplit(origin)
        name, _, domain = url.netloc.partition(".")
        prefix, _, number = name.partition("-")
        known = url.scheme == "https" and domain == PREVIEW_DOMAIN and prefix == "pr"
        return known and number.isascii() and number.isdigit()


app = Console(
    api,
    allow_credentials=True,
    allow_methods=["GET", "PUT"],
    allow_headers=["Content-Type", "If-Match"],
    expose_headers=["ETag", "WWW-Authenticate"],
    max_age=3600,
)


@api.get("/berths/{number}")
def read(number: int, response: Response):
    if number not in berths:
        raise HTTPException(404, "No such berth")
    response.headers["ETag"] = f'"{berths[number]}"'
    return {"number": number, "ship": berths[number]}


@api.put("/berths/{number}")
def moor(number: int, ship: Annotated[str, Body(embed=True)]):
    berths[number] = ship
    return {"number": number, "ship": ship}


@api.delete("/berths/{number}", status_code=204)
def remove(number: int):
    berths.pop(number, None)
