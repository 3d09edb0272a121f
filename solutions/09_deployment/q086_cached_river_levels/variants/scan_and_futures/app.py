"""River levels with keys that are found by SCAN, and a future for each question; whole answers are kept."""

import asyncio
import json
import os
import re
from hashlib import md5
from typing import Any
from urllib.parse import quote

import source
from fastapi import APIRouter, FastAPI, Path, Query, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from pydantic import BaseModel
from redis import asyncio as aioredis

router = APIRouter(prefix="/stations/{station}/levels")
futures: dict[tuple[str, int], asyncio.Future] = {}


def client() -> aioredis.Redis:
    return aioredis.Redis.from_url(os.environ["REDIS_URL"])


class Entry(BaseModel):
    body: str
    tag: str


async def quietly(call) -> Any:
    """What Redis says, or None if it says nothing."""
    try:
        async with client() as redis:
            return await call(redis)
    except aioredis.RedisError:
        return None


async def forget(redis: aioredis.Redis, station: str) -> None:
    async for key in redis.scan_iter(match=f"river:{quote(station, safe='')}:*", count=500):
        await redis.delete(key)


async def make(station: str, days: int) -> Entry:
    key = f"river:{quote(station, safe='')}:{days}"
    kept = await quietly(lambda redis: redis.get(key))
    if kept:
        return Entry.model_validate_json(kept)
    levels = await source.fetch_levels(station, days)
    body = json.dumps({"station": station, "days": days, "levels": levels}, separators=(",", ":"))
    entry = Entry(body=body, tag=md5(body.encode(), usedforsecurity=False).hexdigest())
    await quietly(lambda redis: redis.set(key, entry.model_dump_json(), px=59_500))
    return entry


async def entry_for(station: str, days: int) -> Entry:
    if (station, days) in futures:
        return await futures[station, days]
    future = futures[station, days] = asyncio.get_running_loop().create_future()
    try:
        future.set_result(await make(station, days))
    except Exception as error:
        future.set_exception(error)
    finally:
        del futures[station, days]
    return await future


@router.get("")
async def read(request: Request, station: str = Path(), days: int = Query(7, ge=1, le=90)):
    entry = await entry_for(station, days)
    headers = {"ETag": f'"{entry.tag}"', "Cache-Control": "max-age=30, public"}
    header = request.headers.get("if-none-match", "")
    if header.strip() == "*" or entry.tag in re.findall(r'"([^"]*)"', header):
        return Response(None, 304, headers)
    return PlainTextResponse(entry.body, headers=headers, media_type="application/json")


class New(BaseModel):
    level: float


@router.post("", status_code=201)
async def measure(station: str, new: New):
    await source.record(station, new.level)
    await quietly(lambda redis: forget(redis, station))
    return {"station": station, **new.model_dump()}


app = FastAPI(
    exception_handlers={
        source.SourceError: lambda request, error: JSONResponse(
            {"detail": "source unavailable"},
            status_code=502,
            headers={"Cache-Control": "no-store"},
        ),
    },
)
app.include_router(router)
