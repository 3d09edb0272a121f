"""River levels: one copy in Redis for all instances, one call of the source for all who wait, a tag for the client."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated

from fastapi import FastAPI, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError
from source import SourceError, fetch_levels, record

SECONDS, MOST_DAYS = 60, 90
cache = Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0"))
running: dict[str, asyncio.Task[list[float]]] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    await cache.aclose()


app = FastAPI(lifespan=lifespan)


def key_of(station: str, days: int) -> str:
    return f"levels:{days}:{station}"


async def cached_or_fetched(station: str, days: int) -> list[float]:
    key = key_of(station, days)
    # The cache is a convenience: without it, everything is simply asked.
    with suppress(RedisError):
        kept = await cache.get(key)
        if kept is not None:
            return json.loads(kept)
    levels = await fetch_levels(station, days)
    with suppress(RedisError):
        await cache.set(key, json.dumps(levels), ex=SECONDS)
    return levels


async def levels_of(station: str, days: int) -> list[float]:
    key = key_of(station, days)
    if key not in running:
        running[key] = asyncio.create_task(cached_or_fetched(station, days))
        running[key].add_done_callback(lambda _: running.pop(key))
    # A request that is cancelled must not take the others with it.
    return await asyncio.shield(running[key])


def names(if_none_match: str, tag: str) -> bool:
    tags = [one.strip() for one in if_none_match.split(",")]
    return tags == ["*"] or tag in [one.removeprefix("W/") for one in tags]


@app.exception_handler(SourceError)
async def unavailable(request: Request, error: SourceError) -> JSONResponse:
    return JSONResponse({"detail": "source unavailable"}, 502, headers={"Cache-Control": "no-store"})


@app.get("/stations/{station}/levels")
async def read(
    station: str,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 7,
    if_none_match: Annotated[str, Header()] = "",
) -> Response:
    answer = {"station": station, "days": days, "levels": await levels_of(station, days)}
    body = json.dumps(answer).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=30"}
    if names(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


class Measurement(BaseModel):
    level: float


@app.post("/stations/{station}/levels", status_code=201)
async def measure(station: str, measurement: Measurement) -> dict[str, str | float]:
    await record(station, measurement.level)
    with suppress(RedisError):
        await cache.delete(*(key_of(station, days) for days in range(1, MOST_DAYS + 1)))
    return {"station": station, "level": measurement.level}
