"""A hub class with a memory stream for each watcher, a context class, and an acknowledgement that says a name."""

import math
from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry
from anyio import create_memory_object_stream
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from board import session, user
from fastapi import Body, FastAPI, HTTPException
from strawberry.exceptions import ConnectionRejectionError
from strawberry.fastapi import BaseContext, GraphQLRouter
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL


@strawberry.type
class Departure:
    stop: str
    line: str
    minutes: int


class UnknownStop(Exception):
    pass


class Hub:
    def __init__(self) -> None:
        self.watchers: list[tuple[str, MemoryObjectSendStream[Departure]]] = []

    def count(self, stop: str) -> int:
        return sum(one == stop for one, _ in self.watchers)

    async def read(self, stop: str) -> Departure | None:
        async with session() as s:
            found = await s.current(stop)
        return Departure(stop=stop, line=found[0], minutes=found[1]) if found else None

    async def report(self, departure: Departure) -> None:
        async with session() as s:
            try:
                await s.save(departure.stop, departure.line, departure.minutes)
            except KeyError:
                raise UnknownStop(departure.stop) from None
            for stop, stream in self.watchers:
                if stop == departure.stop:
                    stream.send_nowait(departure)

    async def follow(self, stop: str) -> AsyncGenerator[Departure, None]:
        send: MemoryObjectSendStream[Departure]
        receive: MemoryObjectReceiveStream[Departure]
        send, receive = create_memory_object_stream(math.inf)
        entry = stop, send
        self.watchers.append(entry)
        try:
            with send, receive:
                if not (state := await self.read(stop)):
                    raise UnknownStop(stop)
                yield state
                async for departure in receive:
                    yield departure
        finally:
            self.watchers.remove(entry)


hub = Hub()


class Context(BaseContext):
    pass


@strawberry.type
class Query:
    @strawberry.field
    async def departure(self, stop: str) -> Departure | None:
        return await hub.read(stop)

    @strawberry.field
    def watchers(self, stop: str) -> int:
        return hub.count(stop)


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def report(self, stop: str, line: str, minutes: int) -> Departure:
        departure = Departure(stop=stop, line=line, minutes=minutes)
        await hub.report(departure)
        return departure


@strawberry.type
class Subscription:
    @strawberry.subscription
    def departures(self, stop: str) -> AsyncGenerator[Departure, None]:
        return hub.follow(stop)


class Router(GraphQLRouter[Context, None]):
    async def on_ws_connect(self, context: Context) -> dict[str, object]:
        match context.connection_params:
            case {"token": str(token)} if name := user(token):
                return {"name": name}
        raise ConnectionRejectionError


app = FastAPI()
app.include_router(
    Router(
        strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription),
        context_getter=lambda: Context(),
        subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
    ),
    prefix="/graphql",
)


@app.post("/stops/{stop}/departure")
async def report(stop: str, line: Annotated[str, Body()], minutes: Annotated[int, Body()]) -> Any:
    departure = Departure(stop=stop, line=line, minutes=minutes)
    try:
        await hub.report(departure)
    except UnknownStop:
        raise HTTPException(404) from None
    return departure
