"""CORS written by hand: 204 for preflights, 403 for those that are refused, one middleware around gate and routes."""

import re
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Response
from harbour import CONSOLE_ORIGIN, PREVIEW_DOMAIN, BadgeGate, berths
from starlette.datastructures import Headers, MutableHeaders

preview = re.compile(rf"^https://pr-[0-9]+\.{re.escape(PREVIEW_DOMAIN)}\Z")


class Cors:
    methods = {"GET", "PUT"}
    headers = {"content-type", "if-match"}

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        asked = Headers(scope=scope)
        origin = asked.get("origin")
        allowed = origin == CONSOLE_ORIGIN or bool(origin and preview.match(origin))

        async def marked(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if allowed:
                    headers["Access-Control-Allow-Origin"] = origin
                    headers["Access-Control-Allow-Credentials"] = "true"
                    headers["Access-Control-Expose-Headers"] = "etag"
            await send(message)

        if origin is None or scope["method"] != "OPTIONS" or "access-control-request-method" not in asked:
            return await self.app(scope, receive, marked)
        wanted = {one.strip().lower() for one in asked.get("access-control-request-headers", "").split(",")} - {""}
        if not allowed or asked["access-control-request-method"] not in self.methods or wanted - self.headers:
            return await Response(status_code=403)(scope, receive, marked)
        answer = Response(status_code=204)
        answer.headers["Access-Control-Allow-Methods"] = asked["access-control-request-method"]
        answer.headers["Access-Control-Allow-Headers"] = ",".join(wanted)
        answer.headers["Access-Control-Max-Age"] = "3600"
        await answer(scope, receive, marked)


app = FastAPI(title="Berths")
app.add_middleware(BadgeGate)
app.add_middleware(Cors)


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
