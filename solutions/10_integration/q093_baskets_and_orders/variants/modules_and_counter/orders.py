from contextlib import suppress

import store
from baskets import read
from fastapi import APIRouter, HTTPException, Response
from ledger import Line, Order, session
from redis import RedisError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

router = APIRouter()


def receipt(order: Order) -> dict:
    return {"order": order.id, "customer": order.customer, "lines": {line.article: line.pieces for line in order.lines}}


def tidy(basket_id: str, lines: dict[str, int]) -> None:
    """Remove the basket and count its pieces, both or neither, and only if it is still there."""

    def step(pipe):
        is_there = pipe.exists(store.name(basket_id))
        pipe.multi()
        if is_there:
            pipe.delete(store.name(basket_id))
            for article, pieces in lines.items():
                pipe.zincrby("shop:ranking", pieces, article)

    with suppress(RedisError):
        store.redis().transaction(step, store.name(basket_id))


@router.post("/baskets/{basket_id}/order")
def place(basket_id: str, response: Response):
    kept = read(store.redis(), basket_id)
    with session() as db:
        query = select(Order).where(Order.basket == basket_id)
        order = db.scalars(query).first()
        if order is None:
            if kept is None:
                raise HTTPException(404)
            if not kept.lines:
                raise HTTPException(409)
            order = Order(basket=basket_id, customer=kept.customer)
            order.lines += [Line(article=article, pieces=pieces) for article, pieces in kept.lines.items()]
            db.add(order)
            try:
                db.commit()
                response.status_code = 201
            except IntegrityError:
                db.rollback()
                order = db.scalars(query).one()
        answer = receipt(order)
    tidy(basket_id, answer["lines"])
    return answer


@router.get("/articles/top")
def top(limit: int = 3):
    found = store.redis().zrevrangebyscore("shop:ranking", "+inf", 0, withscores=True, start=0, num=limit)
    return [{"article": article, "pieces": int(pieces)} for article, pieces in found]
