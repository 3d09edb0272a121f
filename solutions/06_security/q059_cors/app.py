"""The berths of a harbour, open to the pages of its console and to no others."""

import re
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Response
from fastapi.middleware.cors import CORSMiddleware
from harbour import CONSOLE_ORIGIN, PREVIEW_DOMAIN, BadgeGate, berths

app = FastAPI(title="Berths")
app.add_middleware(BadgeGate)
# Added last, so it is the first to see a request and the last to see an answer.
app.add_middleware(
    CORSMiddleware,
    allow_origins=[CONSOLE_ORIGIN],
    allow_origin_regex=rf"https://pr-[0-9]+\.{re.escape(PREVIEW_DOMAIN)}",
    allow_credentials=True,
    allow_methods=["GET", "PUT"],
    allow_headers=["If-Match"],
    expose_headers=["ETag"],
    max_age=3600,
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
