"""A log of reports for each stop, and a condition that says when it has grown. Unknown stops fail before the first `next`."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from typing import Any

import board
import strawberry
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET


@strawberry.type
class Departure:
    stop: str
    line: str
    minutes: int


class Feed:
    """Forgets its log when nobody is watching any more."""

    def __init__(self) -> None:
        self.log: list[Departure] = []
        self.grown = asyncio.Condition()


feeds: defaultdict[str, Feed] = defaultdict(Feed)
watching: Counter[str] = Counter()


async def look(stop: str) -> Departure | None:
    async with board.session() as session:
        found = await session.current(stop)
    if found is None:
        return None
    line, minutes = found
    return Departure(stop=stop, line=line, minutes=minutes)


async def take(departure: Departure) -> Departure:
    async with board.session() as session:
        await session.save(departure.stop, departure.line, departure.minutes)
    feed = feeds[departure.stop]
    if watching[departure.stop]:
        feed.log.append(departure)
        async with feed.grown:
            feed.grown.notify_all()
    return departure


async def follow(stop: str) -> AsyncGenerator[Departure, None]:
    watching[stop] += 1
    try:
        feed = feeds[stop]
        position = len(feed.log)
        state = await look(stop)
        if state is not None:
            yield state
        while True:
            async with feed.grown:
                await feed.grown.wait_for(lambda: len(feed.log) > position)
            while position < len(feed.log):
                position += 1
                yield feed.log[position - 1]
    finally:
        watching[stop] -= 1
        if not watching[stop]:
            feeds[stop].log.clear()


@strawberry.type
class Query:
    @strawberry.field
    async def departure(self, stop: str) -> Departure | None:
        return await look(stop)

    @strawberry.field
    async def watchers(self, stop: str) -> int:
        return watching[stop]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def report(self, stop: str, line: str, minutes: int) -> Departure:
        return await take(Departure(stop=stop, line=line, minutes=minutes))


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def departures(self, stop: str) -> AsyncGenerator[Departure, None]:
        if await look(stop) is None:
            raise ValueError(f"{stop} is no stop")
        return follow(stop)


class Router(GraphQLRouter):
    async def on_ws_connect(self, context: dict[str, Any]) -> Any:
        token = context["connection_params"].get("token")
        name = board.user(token) if isinstance(token, str) else None
        if name is None:
            raise ConnectionRejectionError
        context["name"] = name
        return UNSET


class Report(BaseModel):
    line: str
    minutes: int


async def own_context() -> dict[str, Any]:
    return {"name": None}


async def get_context(own: dict[str, Any] = Depends(own_context)) -> dict[str, Any]:
    return own


app = FastAPI()
router = Router(
    strawberry.Schema(Query, Mutation, Subscription),
    path="/graphql",
    context_getter=get_context,
    subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
)
app.include_router(router)


@app.post("/stops/{stop}/departure")
async def report(stop: str, body: Report) -> dict[str, Any]:
    try:
        await take(Departure(stop=stop, line=body.line, minutes=body.minutes))
    except KeyError:
        raise HTTPException(status_code=404, detail="no such stop") from None
    return {"stop": stop, **body.model_dump()}
