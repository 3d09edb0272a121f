"""River levels with a generation number for each station, and the blocking client in threads."""

import asyncio
import hashlib
import os
from typing import Annotated

import redis
from fastapi import FastAPI, Header, Query, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, TypeAdapter
from source import SourceError, fetch_levels, record

app = FastAPI()
store = redis.Redis.from_url(os.environ["REDIS_URL"], socket_timeout=2)
numbers = TypeAdapter(list[float])
under_way: dict[tuple[str, int], asyncio.Future] = {}


class Level(BaseModel):
    level: float


def recall(station: str, days: int) -> tuple[str, bytes | None]:
    try:
        generation = store.get(f"generation/{station}") or b"0"
        key = f"{generation.decode()}/{days}/{station}"
        return key, store.get(key)
    except redis.RedisError:
        return "", None


def keep(key: str, levels: list[float]) -> None:
    try:
        if key:
            store.setex(key, 60, numbers.dump_json(levels))
    except redis.RedisError:
        pass


def outdate(station: str) -> None:
    try:
        with store.pipeline() as pipeline:
            pipeline.incr(f"generation/{station}")
            pipeline.expire(f"generation/{station}", 60)
            pipeline.execute()
    except redis.RedisError:
        pass


async def load(station: str, days: int) -> list[float]:
    key, kept = await run_in_threadpool(recall, station, days)
    if kept is not None:
        return numbers.validate_json(kept)
    levels = await fetch_levels(station, days)
    await run_in_threadpool(keep, key, levels)
    return levels


@app.get("/stations/{station}/levels")
async def read(
    station: str,
    days: Annotated[int, Query(ge=1, le=90)] = 7,
    if_none_match: Annotated[str | None, Header()] = None,
):
    question = station, days
    if (future := under_way.get(question)) is None:
        future = under_way[question] = asyncio.ensure_future(load(station, days))
        future.add_done_callback(lambda _: under_way.pop(question, None))
    try:
        levels = await asyncio.shield(future)
    except SourceError:
        return JSONResponse({"detail": "source unavailable"}, 502, {"cache-control": "no-store"})
    response = JSONResponse({"station": station, "days": days, "levels": levels})
    tag = hashlib.blake2b(response.body, digest_size=12).hexdigest()
    headers = {"etag": f'"{tag}"', "cache-control": "public, max-age=30"}
    asked = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    if asked & {"*", headers["etag"]}:
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


@app.post("/stations/{station}/levels", status_code=201)
async def measure(station: str, body: Level):
    try:
        await record(station, body.level)
    except SourceError:
        return JSONResponse({"detail": "source unavailable"}, 502, {"cache-control": "no-store"})
    await run_in_threadpool(outdate, station)
    return {"station": station, "level": body.level}
