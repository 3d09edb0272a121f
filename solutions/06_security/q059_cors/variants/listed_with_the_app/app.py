"""All middleware named with the app, the first of them outermost, and one pattern for all origins."""

import re
from typing import Annotated

import harbour
from fastapi import Body, FastAPI, HTTPException, Response
from fastapi.middleware import Middleware
from fastapi.middleware.cors import CORSMiddleware
from harbour import berths

origins = "|".join(
    [
        re.escape(harbour.CONSOLE_ORIGIN),
        r"https://pr-\d+\." + re.escape(harbour.PREVIEW_DOMAIN),
    ]
)

app = FastAPI(
    title="Berths",
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origin_regex=origins,
            allow_credentials=True,
            allow_methods=("PUT", "GET", "HEAD"),
            allow_headers=("if-match", "content-type"),
            expose_headers=("etag",),
            max_age=60 * 60,
        ),
        Middleware(harbour.BadgeGate),
    ],
)


@app.get("/berths/{number}")
def read(number: int, response: Response):
    if number not in berths:
        raise HTTPException(404, "No such berth")
    response.headers["ETag"] = f'"{berths[number]}"'
    return {"number": number, "ship": berths[number]}


@app.put("/berths/{number}")
def moor(number: int, ship: Annotated[str, Body(embed=True)]):
    berths[number] = ship
    return {"number": number, "ship": ship}


@app.delete("/berths/{number}", status_code=204)
def remove(number: int):
    berths.pop(number, None)
