"""A lock for each stop: whoever begins to listen reads meanwhile, and whoever saves tells. No report comes in between."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Any

import board
import strawberry
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType


@strawberry.type
class Departure:
    stop: str
    line: str
    minutes: int


queues: defaultdict[str, set[asyncio.Queue[Departure]]] = defaultdict(set)
locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)


@contextmanager
def listening(stop: str) -> Iterator[asyncio.Queue[Departure]]:
    """A queue that gets every report of a stop, until the end of the block, however it ends."""
    queue: asyncio.Queue[Departure] = asyncio.Queue()
    queues[stop].add(queue)
    try:
        yield queue
    finally:
        queues[stop].discard(queue)
        if not queues[stop]:
            del queues[stop]


async def current(stop: str) -> Departure | None:
    async with board.session() as session:
        found = await session.current(stop)
    return None if found is None else Departure(stop=stop, line=found[0], minutes=found[1])


async def save_and_tell(stop: str, line: str, minutes: int) -> Departure:
    departure = Departure(stop=stop, line=line, minutes=minutes)
    async with locks[stop]:
        async with board.session() as session:
            await session.save(stop, line, minutes)
        for queue in queues.get(stop, ()):
            queue.put_nowait(departure)
    return departure


@strawberry.type
class Query:
    @strawberry.field
    async def departure(self, stop: str) -> Departure | None:
        return await current(stop)

    @strawberry.field
    async def watchers(self, stop: str) -> int:
        return len(queues.get(stop, ()))


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def report(self, stop: str, line: str, minutes: int) -> Departure:
        try:
            return await save_and_tell(stop, line, minutes)
        except KeyError:
            raise ValueError("no such stop") from None


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def departures(self, stop: str) -> AsyncGenerator[Departure, None]:
        with listening(stop) as queue:
            async with locks[stop]:
                state = await current(stop)
                while not queue.empty():
                    queue.get_nowait()
            if state is None:
                raise ValueError("no such stop")
            yield state
            while True:
                yield await queue.get()


class LiveRouter(GraphQLRouter):
    async def on_ws_connect(self, context: Any) -> UnsetType | dict[str, object] | None:
        token = context["connection_params"].get("token")
        if not isinstance(token, str) or board.user(token) is None:
            raise ConnectionRejectionError
        return UNSET


class Report(BaseModel):
    line: str
    minutes: int


app = FastAPI()
app.include_router(
    LiveRouter(
        strawberry.Schema(Query, Mutation, Subscription),
        path="/graphql",
        subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
    )
)


@app.post("/stops/{stop}/departure")
async def report(stop: str, report: Report) -> dict[str, Any]:
    try:
        departure = await save_and_tell(stop, report.line, report.minutes)
    except KeyError:
        raise HTTPException(404, "no such stop") from None
    return {"stop": departure.stop, "line": departure.line, "minutes": departure.minutes}
