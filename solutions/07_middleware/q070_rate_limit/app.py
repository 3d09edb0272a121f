"""Tide tables, with a limit: a dependency that asks who it is, and takes one step in the shared store."""

import hashlib
import math
from contextlib import suppress
from typing import Annotated

import limits
import store
import tides
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response

app = FastAPI()


def address_of(request: Request) -> str:
    """Return the client's address: what our own proxies have noted counts, and nothing that stands left of it."""
    peer = request.client.host
    if peer not in limits.trusted_proxies:
        return peer
    entries = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    for entry in map(str.strip, reversed(entries)):
        if entry and entry not in limits.trusted_proxies:
            return entry
    return peer


async def take_one(name: str, limit: int) -> dict[str, str]:
    """Count a request of this client and return the headers that say so; 429 if it has none left."""
    # Reading and writing are one step for everybody else, in whatever process.
    async with store.shared.lock(name):
        now = limits.now()
        times = [time for time in await store.shared.get(name) if time > now - limits.WINDOW]
        if len(times) >= limit:
            wait = math.ceil(times[-limit] + limits.WINDOW - now)
            headers = {"RateLimit-Limit": str(limit), "RateLimit-Remaining": "0", "Retry-After": str(max(1, wait))}
            raise HTTPException(429, "Too many requests", headers)
        times.append(now)
        await store.shared.put(name, times, limits.WINDOW)
    return {"RateLimit-Limit": str(limit), "RateLimit-Remaining": str(limit - len(times))}


async def limited(request: Request, response: Response, x_api_key: Annotated[str | None, Header()] = None) -> None:
    if x_api_key in limits.keys:
        # Nobody who can look into the store shall find keys there.
        name, limit = f"key:{hashlib.sha256(x_api_key.encode()).hexdigest()}", limits.keys[x_api_key]
    else:
        name, limit = f"address:{address_of(request)}", limits.ANONYMOUS
    # Better without a limit than without a service.
    with suppress(store.StoreDown):
        response.headers.update(await take_one(name, limit))
    if x_api_key is not None and x_api_key not in limits.keys:
        raise HTTPException(401, "Unknown API key")


@app.get("/tides/{harbour}", dependencies=[Depends(limited)])
def tide(harbour: str):
    return {"harbour": harbour, "centimetres": tides.level(harbour)}


@app.get("/health")
def health():
    return {"ok": True}
