"""Baskets in Redis, changed by compare and set in one step; orders in SQL, which alone decides whether there is one."""

import json
import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from ledger import Line, Order, create_tables, session
from pydantic import BaseModel, Field
from redis import Redis, RedisError, WatchError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

DAY = 24 * 60 * 60
RANKING = "shop:ranking"
log = logging.getLogger(__name__)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    create_tables()
    # The client opens its connections as they are needed, and closes them at the end of the block.
    with Redis.from_url(os.environ["REDIS_URL"], decode_responses=True) as client:
        app.state.redis = client
        yield


app = FastAPI(lifespan=lifespan)


def get_redis(request: Request) -> Redis:
    return request.app.state.redis


TheRedis = Annotated[Redis, Depends(get_redis)]


class NewBasket(BaseModel):
    customer: str


class Pieces(BaseModel):
    pieces: int = Field(ge=0, le=99)


def key_of(basket_id: str) -> str:
    return f"shop:basket:{basket_id}"


def new_tag() -> str:
    """Return a tag that no version of any basket has had."""
    return f'"{secrets.token_hex(12)}"'


def answer(basket_id: str, basket: dict[str, Any], status_code: int = 200) -> JSONResponse:
    shown = {"id": basket_id, "customer": basket["customer"], "lines": basket["lines"]}
    return JSONResponse(shown, status_code, headers={"ETag": basket["tag"]})


@app.post("/baskets", status_code=201)
def make(new: NewBasket, redis: TheRedis) -> JSONResponse:
    basket_id = secrets.token_urlsafe(16)
    basket = {"tag": new_tag(), "customer": new.customer, "lines": {}}
    redis.set(key_of(basket_id), json.dumps(basket), ex=DAY)
    return answer(basket_id, basket, 201)


@app.get("/baskets/{basket_id}")
def read(basket_id: str, redis: TheRedis) -> JSONResponse:
    document = redis.get(key_of(basket_id))
    if document is None:
        raise HTTPException(404, "No such basket")
    return answer(basket_id, json.loads(document))


def tag_required(if_match: Annotated[str | None, Header()] = None) -> str:
    if if_match is None:
        raise HTTPException(428, "If-Match is missing")
    return if_match


@app.put("/baskets/{basket_id}/lines/{article}")
def change(
    basket_id: str, article: str, body: Pieces, tag: Annotated[str, Depends(tag_required)], redis: TheRedis
) -> JSONResponse:
    key = key_of(basket_id)
    with redis.pipeline() as pipe:
        # From here on, EXEC fails if anybody else touches the key.
        pipe.watch(key)
        document = pipe.get(key)
        if document is None:
            raise HTTPException(404, "No such basket")
        basket = json.loads(document)
        if basket["tag"] != tag:
            raise HTTPException(412, "The basket has changed")
        basket["tag"] = new_tag()
        basket["lines"][article] = body.pieces
        if body.pieces == 0:
            del basket["lines"][article]
        pipe.multi()
        pipe.set(key, json.dumps(basket), ex=DAY)
        try:
            pipe.execute()
        except WatchError:
            raise HTTPException(412, "The basket has just changed") from None
    return answer(basket_id, basket)


def receipt(order: Order) -> dict[str, Any]:
    return {"order": order.id, "customer": order.customer, "lines": {line.article: line.pieces for line in order.lines}}


def store(basket_id: str, basket: dict[str, Any] | None) -> tuple[Order, bool]:
    """Return the order of this basket, and whether it is a new one."""
    known = select(Order).where(Order.basket == basket_id)
    with session() as db:
        order = db.scalar(known)
        if order is not None:
            return order, False
        if basket is None:
            raise HTTPException(404, "No such basket")
        if not basket["lines"]:
            raise HTTPException(409, "The basket is empty")
        lines = [Line(article=article, pieces=pieces) for article, pieces in basket["lines"].items()]
        order = Order(basket=basket_id, customer=basket["customer"], lines=lines)
        db.add(order)
        try:
            db.commit()
        except IntegrityError:
            db.rollback()
            return db.scalars(known).one(), False
        return order, True


@app.post("/baskets/{basket_id}/order", status_code=201)
def order(basket_id: str, redis: TheRedis, response: Response):
    # Orders are written first and baskets removed afterwards, so reading goes the other way round:
    # a basket that is gone by now has its order in the ledger already.
    document = redis.get(key_of(basket_id))
    basket = None if document is None else json.loads(document)
    try:
        placed, is_new = store(basket_id, basket)
    except SQLAlchemyError:
        log.exception("The ledger failed")
        raise HTTPException(503, "Orders cannot be taken just now") from None
    if not is_new:
        response.status_code = 200
        return receipt(placed)
    try:
        with redis.pipeline() as pipe:
            pipe.delete(key_of(basket_id))
            for line in placed.lines:
                pipe.zincrby(RANKING, line.pieces, line.article)
            pipe.execute()
    except RedisError:
        # The order stands, whatever becomes of basket and ranking.
        log.exception("Order %d is not counted", placed.id)
    return receipt(placed)


@app.get("/articles/top")
def top(redis: TheRedis, limit: Annotated[int, Field(ge=1)] = 3):
    ranking = redis.zrevrange(RANKING, 0, limit - 1, withscores=True)
    return [{"article": article, "pieces": int(pieces)} for article, pieces in ranking]
