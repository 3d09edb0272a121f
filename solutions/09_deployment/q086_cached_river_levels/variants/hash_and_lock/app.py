"""River levels with a Redis hash for each station, and a lock for each question."""

import asyncio
import json
import os
import zlib
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import Annotated

import redis.asyncio as redis
import source
from fastapi import Body, Depends, FastAPI, HTTPException, Query, Request, Response
from pydantic import BaseModel
from redis import RedisError


class Levels(BaseModel):
    station: str
    days: int
    levels: list[float]


@asynccontextmanager
async def lifespan(app: FastAPI):
    client = redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    yield {"redis": client, "locks": defaultdict(asyncio.Lock)}
    await client.aclose()


app = FastAPI(lifespan=lifespan)


class Cache:
    def __init__(self, request: Request):
        self.redis = request.state.redis
        self.locks = request.state.locks

    async def get(self, station: str, days: int) -> list[float] | None:
        try:
            kept = await self.redis.hget(f"station:{station}", str(days))
        except RedisError:
            return None
        return kept and json.loads(kept)

    async def put(self, station: str, days: int, levels: list[float]) -> None:
        try:
            async with self.redis.pipeline() as pipeline:
                pipeline.hset(f"station:{station}", str(days), json.dumps(levels))
                pipeline.expire(f"station:{station}", 58)
                await pipeline.execute()
        except RedisError:
            pass

    async def forget(self, station: str) -> None:
        try:
            await self.redis.delete(f"station:{station}")
        except RedisError:
            pass


def no_source() -> HTTPException:
    return HTTPException(502, "source unavailable", headers={"Cache-Control": "no-store"})


@app.get("/stations/{station}/levels")
async def read(
    station: str,
    request: Request,
    response: Response,
    cache: Annotated[Cache, Depends()],
    days: int = Query(default=7, ge=1, le=90),
) -> Levels:
    levels = await cache.get(station, days)
    if levels is None:
        async with cache.locks[station, days]:
            levels = await cache.get(station, days)
            if levels is None:
                try:
                    levels = await source.fetch_levels(station, days)
                except source.SourceError:
                    raise no_source() from None
                await cache.put(station, days, levels)
    answer = Levels(station=station, days=days, levels=levels)
    checksum = zlib.crc32(answer.model_dump_json().encode())
    response.headers["ETag"] = f'"{checksum:08x}"'
    response.headers["Cache-Control"] = "public, max-age=30"
    wanted = request.headers.get("If-None-Match", "").replace("W/", "")
    if wanted == "*" or response.headers["ETag"] in [one.strip() for one in wanted.split(",")]:
        raise HTTPException(304, headers=dict(response.headers))
    return answer


@app.post("/stations/{station}/levels", status_code=201)
async def measure(station: str, level: Annotated[float, Body(embed=True)], cache: Annotated[Cache, Depends()]):
    try:
        await source.record(station, level)
    except source.SourceError:
        raise no_source() from None
    await cache.forget(station)
    return {"station": station, "level": level}
