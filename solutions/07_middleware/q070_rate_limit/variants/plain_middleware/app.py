"""Tide tables, with a limit in plain ASGI middleware, times newest first, and an HMAC of the key."""

import hmac
import secrets
from math import ceil

import limits
import store
import tides
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse


class Refused(Exception):
    def __init__(self, limit, wait):
        self.headers = {
            "Retry-After": str(max(ceil(wait), 1)),
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": "0",
        }


class RateLimit:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or not scope["path"].startswith("/tides/"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = headers.get("x-api-key")
        known = next((limit for name, limit in limits.keys.items() if secrets.compare_digest(name, key or "")), None)
        if known is None:
            name, limit = self.address(scope["client"][0], headers), limits.ANONYMOUS
        else:
            # All workers have to get the same name.
            name, limit = hmac.new(b"tides", key.encode(), "sha256").hexdigest(), known
        try:
            left = await self.count(f"rate/{name}", limit)
        except Refused as refused:
            await JSONResponse({"detail": "Too many requests"}, 429, refused.headers)(scope, receive, send)
            return
        except store.StoreDown:
            left = None
        if known is None and key is not None:
            await JSONResponse({"detail": "Who is that?"}, 401)(scope, receive, send)
            return

        async def send_with_headers(message):
            if message["type"] == "http.response.start" and left is not None:
                sent = MutableHeaders(scope=message)
                sent["RateLimit-Limit"] = str(limit)
                sent["RateLimit-Remaining"] = str(left)
            await send(message)

        await self.app(scope, receive, send_with_headers)

    def address(self, peer, headers):
        hops = [peer]
        for line in reversed(headers.getlist("x-forwarded-for")):
            hops += [hop.strip() for hop in reversed(line.split(",")) if hop.strip()]
        return next((hop for hop in hops if hop not in limits.trusted_proxies), peer) if self.trusts(peer) else peer

    def trusts(self, peer):
        return peer in limits.trusted_proxies

    async def count(self, name, limit):
        async with store.shared.lock(name):
            newest_first = await store.shared.get(name)
            now = limits.now()
            while newest_first and newest_first[-1] <= now - limits.WINDOW:
                newest_first.pop()
            if len(newest_first) >= limit:
                raise Refused(limit, newest_first[limit - 1] + limits.WINDOW - now)
            newest_first.insert(0, now)
            await store.shared.put(name, newest_first, ttl=float(limits.WINDOW))
            return limit - len(newest_first)


app = FastAPI()
app.add_middleware(RateLimit)


@app.get("/tides/{harbour}")
async def tide(harbour: str):
    return {"harbour": harbour, "centimetres": tides.level(harbour)}


@app.get("/health")
async def health():
    return {"ok": True}
