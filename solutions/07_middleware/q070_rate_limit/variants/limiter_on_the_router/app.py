"""Tide tables, with a chain of dependencies on a router."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

import limits
import store
import tides
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, Response, Security
from fastapi.security import APIKeyHeader
from pydantic import BaseModel


@dataclass
class Client:
    name: str
    limit: int
    is_known: bool


class Tide(BaseModel):
    harbour: str
    centimetres: int


def address(request: Request) -> str:
    peer = request.client.host
    if peer in limits.trusted_proxies:
        entries = [
            entry.strip()
            for name, value in request.headers.items()
            if name == "x-forwarded-for"
            for entry in value.split(",")
        ]
        while entries:
            last = entries.pop()
            if last and last not in limits.trusted_proxies:
                return last
    return peer


def client(
    address: Annotated[str, Depends(address)],
    key: Annotated[str | None, Security(APIKeyHeader(name="X-API-Key", auto_error=False))],
) -> Client:
    if key in limits.keys:
        return Client(hashlib.sha512(key.encode()).hexdigest(), limits.keys[key], True)
    return Client(address, limits.ANONYMOUS, key is None)


class SlidingWindow:
    async def __call__(self, client: Annotated[Client, Depends(client)], response: Response):
        try:
            async with store.shared.lock(client.name):
                counted = await self.count(client)
        except store.StoreDown:
            counted = {}
        response.headers.update(counted)
        if not client.is_known:
            raise HTTPException(status_code=401, detail="Unknown key", headers=counted)

    async def count(self, client: Client) -> dict[str, str]:
        now, times = limits.now(), await store.shared.get(client.name)
        inside = [time for time in times if now - time < limits.WINDOW]
        headers = {"RateLimit-Limit": str(client.limit), "RateLimit-Remaining": str(client.limit - len(inside) - 1)}
        if len(inside) < client.limit:
            await store.shared.put(client.name, [*inside, now], ttl=limits.WINDOW)
            return headers
        wait = inside[-client.limit] + limits.WINDOW - now
        headers |= {"Retry-After": str(max(1, int(-(-wait // 1)))), "RateLimit-Remaining": "0"}
        raise HTTPException(status_code=429, detail="Too many requests", headers=headers)


app = FastAPI()
router = APIRouter(prefix="/tides", dependencies=[Depends(SlidingWindow())])


@router.get("/{harbour}")
async def tide(harbour: str) -> Tide:
    return Tide(harbour=harbour, centimetres=tides.level(harbour))


app.include_router(router)


@app.get("/health")
def health():
    return {"ok": True}
