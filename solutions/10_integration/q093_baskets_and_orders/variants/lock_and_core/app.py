"""A lock for each basket with a second look inside, Core statements, bytes, and the client as a global."""

import contextlib
import json
import os
import time
import uuid

import redis
import sqlalchemy as sa
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from ledger import Line, Order, create_tables, engine
from pydantic import BaseModel, conint

client = redis.Redis.from_url(os.getenv("REDIS_URL", "redis://localhost"))


@contextlib.asynccontextmanager
async def lifespan(app):
    create_tables()
    yield
    client.close()


app = FastAPI(lifespan=lifespan)


class Customer(BaseModel):
    customer: str


class Pieces(BaseModel):
    pieces: conint(ge=0, le=99)


def key(id):
    return "shop:" + id


def load(id):
    raw = client.get(key(id))
    return raw and json.loads(raw)


def reply(basket, status=200):
    body = {name: basket[name] for name in ("id", "customer", "lines")}
    return JSONResponse(body, status_code=status, headers={"etag": '"%s"' % basket["version"]})


@contextlib.contextmanager
def locked(id):
    mine = uuid.uuid4().hex.encode()
    while not client.set(f"shop:lock:{id}", mine, nx=True, ex=30):
        time.sleep(0.01)
    try:
        yield
    finally:
        if client.get(f"shop:lock:{id}") == mine:
            client.delete(f"shop:lock:{id}")


@app.post("/baskets")
def create(body: Customer):
    basket = {"id": str(uuid.uuid4()), "customer": body.customer, "lines": {}, "version": uuid.uuid4().hex}
    client.setex(key(basket["id"]), 86400, json.dumps(basket))
    return reply(basket, 201)


@app.get("/baskets/{id}")
def show(id: str):
    basket = load(id)
    if basket is None:
        raise HTTPException(404)
    return reply(basket)


@app.put("/baskets/{id}/lines/{article}")
def change(id: str, article: str, body: Pieces, request: Request):
    tag = request.headers.get("if-match")
    if tag is None:
        raise HTTPException(428)
    with locked(id):
        basket = load(id)
        if basket is None:
            raise HTTPException(404)
        if tag.strip('"') != basket["version"]:
            raise HTTPException(412)
        basket["version"] = uuid.uuid4().hex
        basket["lines"].pop(article, None)
        if body.pieces:
            basket["lines"][article] = body.pieces
        # An order takes no lock: what it has removed is not to come back.
        if not client.set(key(id), json.dumps(basket), ex=86400, xx=True):
            raise HTTPException(404)
    return reply(basket)


def receipt(connection, id):
    order = connection.execute(sa.select(Order.id, Order.customer).where(Order.basket == id)).first()
    if order is None:
        return None
    lines = connection.execute(sa.select(Line.article, Line.pieces).where(Line.order_id == order.id))
    return {"order": order.id, "customer": order.customer, "lines": {article: pieces for article, pieces in lines}}


def place(basket):
    with engine.begin() as connection:
        order = sa.insert(Order.__table__).values(basket=basket["id"], customer=basket["customer"])
        number = connection.execute(order).inserted_primary_key[0]
        rows = [{"order_id": number, "article": name, "pieces": count} for name, count in basket["lines"].items()]
        connection.execute(sa.insert(Line.__table__), rows)


@app.post("/baskets/{id}/order")
def order(id: str):
    basket = load(id)
    try:
        with engine.connect() as connection:
            known = receipt(connection, id)
        if known:
            return known
        if basket is None:
            raise HTTPException(404)
        if not basket["lines"]:
            raise HTTPException(409)
        status = 201
        try:
            place(basket)
        except sa.exc.IntegrityError:
            status = 200
        with engine.connect() as connection:
            placed = receipt(connection, id)
    except sa.exc.DBAPIError:
        raise HTTPException(503)
    if status == 201:
        with contextlib.suppress(redis.RedisError):
            for article, pieces in placed["lines"].items():
                client.zincrby("shop:top", pieces, article)
            client.delete(key(id))
    return JSONResponse(placed, status)


@app.get("/articles/top")
def top(limit: int = 3):
    best = client.zrange("shop:top", 0, -1, withscores=True)[::-1][:limit]
    return [{"article": article.decode(), "pieces": round(pieces)} for article, pieces in best]
