"""Tide tables, with a limit in a middleware function, and its own answers for refusals."""

import math
from hashlib import blake2b
from itertools import takewhile

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from limits import ANONYMOUS, WINDOW, keys, now, trusted_proxies
from store import StoreDown, shared
from tides import level

app = FastAPI()


@app.middleware("http")
async def limit_rate(request: Request, call_next):
    if not request.url.path.startswith("/tides/"):
        return await call_next(request)
    key = request.headers.get("X-API-Key")
    limit = keys.get(key, ANONYMOUS)
    client = blake2b(key.encode()).hexdigest() if key in keys else who(request)
    headers = {}
    try:
        async with shared.lock("lock of " + client):
            moment = now()
            # Pruned and written back, even if nothing is added.
            times = sorted(time for time in await shared.get(client) if moment - WINDOW < time <= moment)
            passes = len(times) < limit
            if passes:
                times.append(moment)
            await shared.put(client, times, WINDOW)
        headers = {"RateLimit-Limit": f"{limit}", "RateLimit-Remaining": f"{limit - len(times)}"}
    except StoreDown:
        passes = True
    if not passes:
        headers["Retry-After"] = str(max(1, math.ceil(times[-limit] - (moment - WINDOW))))
        return JSONResponse({"detail": "Too many requests"}, 429, headers)
    if key is not None and key not in keys:
        return JSONResponse({"detail": "Invalid key"}, 401, {**headers, "WWW-Authenticate": "ApiKey"})
    response = await call_next(request)
    response.headers.update(headers)
    return response


def who(request: Request) -> str:
    peer = request.client.host
    if peer in trusted_proxies:
        noted = [
            peer,
            *(entry.strip() for line in request.headers.getlist("X-Forwarded-For") for entry in line.split(",")),
        ]
        noted = [entry for entry in noted if entry]
        ours = len(list(takewhile(trusted_proxies.__contains__, reversed(noted))))
        return noted[-1 - ours] if ours < len(noted) else peer
    return peer


@app.get("/health")
def health():
    return {"ok": True}


@app.get("/tides/{harbour}")
def tide(harbour: str):
    return {"harbour": harbour, "centimetres": level(harbour)}
