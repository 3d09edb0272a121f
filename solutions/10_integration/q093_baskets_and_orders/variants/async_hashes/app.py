"""Async Redis, two hashes for each basket, the ledger in threads, the client in the lifespan's state."""

import os
import uuid
from contextlib import asynccontextmanager
from typing import Annotated

import ledger
from fastapi import Body, Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from redis import asyncio as aioredis
from redis.exceptions import RedisError, WatchError
from sqlalchemy import exc, select


@asynccontextmanager
async def lifespan(app):
    await run_in_threadpool(ledger.create_tables)
    client = aioredis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    yield {"redis": client}
    await client.aclose()


app = FastAPI(lifespan=lifespan)


def connection(request: Request):
    return request.state.redis


Connection = Annotated[aioredis.Redis, Depends(connection)]
EXPIRY = 84_600


def keys(id):
    return f"shop:{id}:about", f"shop:{id}:lines"


async def load(redis, id):
    about, lines = keys(id)
    async with redis.pipeline() as pipe:
        head, body = await pipe.hgetall(about).hgetall(lines).execute()
    return head, {article: int(pieces) for article, pieces in body.items()}


async def basket(redis, id, response):
    head, lines = await load(redis, id)
    if not head:
        raise HTTPException(404)
    response.headers["etag"] = f'"{head["version"]}"'
    return {"id": id, "customer": head["customer"], "lines": lines}


@app.post("/baskets", status_code=201)
async def post(redis: Connection, response: Response, customer: Annotated[str, Body(embed=True)]):
    id = uuid.uuid4().hex
    about, _ = keys(id)
    async with redis.pipeline() as pipe:
        await pipe.hset(about, mapping={"customer": customer, "version": 1}).expire(about, EXPIRY).execute()
    return await basket(redis, id, response)


@app.get("/baskets/{id}")
async def get(redis: Connection, response: Response, id: str):
    return await basket(redis, id, response)


@app.put("/baskets/{id}/lines/{article}")
async def put(
    redis: Connection,
    response: Response,
    id: str,
    article: str,
    pieces: Annotated[int, Body(embed=True, ge=0, le=99)],
    if_match: Annotated[str, Header()] = None,
):
    if if_match is None:
        raise HTTPException(428)
    about, lines = keys(id)
    async with redis.pipeline(transaction=True) as pipe:
        await pipe.watch(about)
        version = await pipe.hget(about, "version")
        if version is None:
            raise HTTPException(404)
        if if_match != f'"{version}"':
            raise HTTPException(412)
        pipe.multi()
        if pieces:
            pipe.hset(lines, article, pieces)
        else:
            pipe.hdel(lines, article)
        pipe.hincrby(about, "version", 1)
        pipe.expire(about, EXPIRY)
        pipe.expire(lines, EXPIRY)
        pipe.hget(about, "customer")
        pipe.hgetall(lines)
        try:
            result = await pipe.execute()
        except WatchError:
            raise HTTPException(412)
    response.headers["etag"] = f'"{int(version) + 1}"'
    return {"id": id, "customer": result[-2], "lines": {name: int(count) for name, count in result[-1].items()}}


def in_ledger(id, customer, lines):
    with ledger.session() as session:
        if lines:
            order = ledger.Order(basket=id, customer=customer)
            order.lines = [ledger.Line(article=article, pieces=pieces) for article, pieces in lines.items()]
            session.add(order)
            try:
                session.commit()
                return order, True
            except exc.IntegrityError:
                session.rollback()
        return session.scalar(select(ledger.Order).filter_by(basket=id)), False


@app.post("/baskets/{id}/order")
async def order(redis: Connection, response: Response, id: str):
    head, lines = await load(redis, id)
    try:
        made, new = await run_in_threadpool(in_ledger, id, head.get("customer"), lines)
    except exc.SQLAlchemyError:
        raise HTTPException(503)
    if made is None:
        raise HTTPException(409 if head else 404)
    if new:
        response.status_code = 201
        try:
            async with redis.pipeline() as pipe:
                pipe.unlink(*keys(id))
                for article, pieces in lines.items():
                    pipe.zincrby("shop:top", pieces, article)
                await pipe.execute()
        except RedisError:
            pass
    return {"order": made.id, "customer": made.customer, "lines": {line.article: line.pieces for line in made.lines}}


@app.get("/articles/top")
async def top(redis: Connection, limit: int = 3):
    found = await redis.zrange("shop:top", 0, limit - 1, desc=True, withscores=True)
    return [{"article": article, "pieces": int(score)} for article, score in found]
