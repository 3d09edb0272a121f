import secrets
from typing import Annotated

import store
from fastapi import APIRouter, Body, Header, HTTPException, Response
from pydantic import BaseModel, TypeAdapter

router = APIRouter(prefix="/baskets")


class Basket(BaseModel):
    id: str
    customer: str
    lines: dict[str, int] = {}


class Kept(Basket):
    version: int


def tag(kept: Kept) -> str:
    return f'"v{kept.version}"'


def read(pipe, basket_id: str) -> Kept | None:
    text = pipe.get(store.name(basket_id))
    return None if text is None else TypeAdapter(Kept).validate_json(text)


@router.post("", status_code=201, response_model=Basket)
def add(customer: Annotated[str, Body(embed=True)], response: Response):
    redis = store.redis()
    kept = Kept(id=secrets.token_hex(16), customer=customer, version=redis.incr("shop:versions"))
    redis.set(store.name(kept.id), kept.model_dump_json(), ex=24 * 3600 - 60)
    response.headers["ETag"] = tag(kept)
    return kept


@router.get("/{basket_id}", response_model=Basket)
def show(basket_id: str, response: Response):
    kept = read(store.redis(), basket_id)
    if kept is None:
        raise HTTPException(404)
    response.headers["ETag"] = tag(kept)
    return kept


@router.put("/{basket_id}/lines/{article}", response_model=Basket)
def change(
    basket_id: str,
    article: str,
    pieces: Annotated[int, Body(embed=True, ge=0, le=99)],
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
):
    if if_match is None:
        raise HTTPException(428)
    redis = store.redis()
    version = redis.incr("shop:versions")

    def step(pipe):
        kept = read(pipe, basket_id)
        if kept is None:
            raise HTTPException(404)
        if tag(kept) != if_match:
            raise HTTPException(412)
        kept.lines[article] = pieces
        kept.lines = {name: count for name, count in kept.lines.items() if count}
        kept.version = version
        pipe.multi()
        pipe.set(store.name(basket_id), kept.model_dump_json(), ex=24 * 3600 - 60)
        return kept

    # This tries again when somebody else was quicker; the tag is another one by then.
    kept = redis.transaction(step, store.name(basket_id), value_from_callable=True)
    response.headers["ETag"] = tag(kept)
    return kept
